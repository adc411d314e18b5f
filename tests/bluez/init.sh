#!/bin/sh
# PID 1 of the test machine, in its initramfs: loads what is needed to see the host's files, lays a writable layer in
# memory over them, and goes on there. Nothing is ever written to the host.
PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/m/$module" || echo "insmod $module failed"; done </m/boot
mkdir -p /ro /rw /newroot
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /ro || echo "9p failed"
mount -t tmpfs tmpfs /rw
mkdir -p /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /newroot || echo "overlay failed"
while read -r module; do insmod "/m/$module" || echo "insmod $module failed"; done </m/bluetooth
# What was written is looked through at the end of the test.
mkdir -p /newroot/proc /newroot/sys /newroot/dev /newroot/mnt/written
mount --move /proc /newroot/proc
mount --move /sys /newroot/sys
mount --move /dev /newroot/dev
mount --bind /rw/upper /newroot/mnt/written
read -r up _ </newroot/proc/uptime
echo "[$up] switching root"
exec switch_root /newroot /bin/bash "$(sed -n 's/.*regulars\.boot=\([^ ]*\).*/\1/p' /newroot/proc/cmdline)"
