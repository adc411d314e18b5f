// RST1 on Android: on air, and the challenge. A snippet to start from: compiled against stubs, never run.
// The rules behind it (permissions, foreground service, when to fall silent): ../PHONES.md.

import android.annotation.SuppressLint
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothDevice
import android.bluetooth.BluetoothGatt
import android.bluetooth.BluetoothGattCallback
import android.bluetooth.BluetoothGattCharacteristic
import android.bluetooth.BluetoothProfile
import android.bluetooth.le.AdvertiseCallback
import android.bluetooth.le.AdvertiseData
import android.bluetooth.le.AdvertiseSettings
import android.content.Context
import android.os.ParcelUuid
import java.util.UUID

object OnAir {
    val TOKEN: UUID = UUID.fromString("6f1d0f2c-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    val SERVICE: UUID = UUID.fromString("6f1d0f2d-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    val CHALLENGE: UUID = UUID.fromString("6f1d0f2e-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    val RESPONSE: UUID = UUID.fromString("6f1d0f2f-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    val ACKNOWLEDGEMENT: UUID = UUID.fromString("6f1d0f30-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    val BEACON: UUID = UUID.fromString("6f1d0f31-9a33-4d1e-8c5b-7a2e1f3d4c5b")
}

/** Says the token of this quarter, and nothing else: no name, no transmit power field, 31 octets exactly. */
@SuppressLint("MissingPermission") // BLUETOOTH_ADVERTISE, asked for before the visit starts
class Voice(adapter: BluetoothAdapter) {
    private val advertiser = adapter.bluetoothLeAdvertiser // null where the phone cannot advertise
    private var speaking: AdvertiseCallback? = null

    /** Call at the start of the visit, on every quarter of the UTC hour, and when the mode changes. */
    fun say(key: ByteArray, nowS: Long, flags: Int) {
        hush() // stopped and started, not updated in place: a new token must not share an address with the old one
        val settings = AdvertiseSettings.Builder()
            .setAdvertiseMode(AdvertiseSettings.ADVERTISE_MODE_BALANCED)
            .setTxPowerLevel(AdvertiseSettings.ADVERTISE_TX_POWER_MEDIUM)
            .setConnectable(true) // the flags are only sent with it; nobody finds a service to connect to
            .build()
        val data = AdvertiseData.Builder()
            .setIncludeDeviceName(false)
            .addServiceData(ParcelUuid(OnAir.TOKEN), Rst1.bodyAt(key, nowS, flags, -59))
            .build()
        speaking = object : AdvertiseCallback() {}.also { advertiser?.startAdvertising(settings, data, it) }
    }

    /** Invisible, out of the store, consent withdrawn: silence. */
    fun hush() {
        speaking?.let { advertiser?.stopAdvertising(it) }
        speaking = null
    }
}

/** CHAL, RESP, ACK. `answered` is told whether this was the store; false means silence here. */
@SuppressLint("MissingPermission") // BLUETOOTH_CONNECT
class Answer(
    private val keyFor: (store: Long, unixS: Long) -> ByteArray?, // null: no such store, or not near it
    private val flags: Int,
    private val nowS: () -> Long,
    private val answered: (Boolean) -> Unit,
) : BluetoothGattCallback() {
    private var key = ByteArray(0)
    private var nonce = ByteArray(0)
    private var tag = ByteArray(0)
    private var asked = 0

    fun to(context: Context, device: BluetoothDevice) {
        device.connectGatt(context, false, this, BluetoothDevice.TRANSPORT_LE)
    }

    override fun onConnectionStateChange(gatt: BluetoothGatt, status: Int, newState: Int) {
        if (newState == BluetoothProfile.STATE_CONNECTED) gatt.discoverServices() else gatt.close()
    }

    override fun onServicesDiscovered(gatt: BluetoothGatt, status: Int) = ask(gatt)

    /** A store refuses the proof to an answer that came late: the next one has its keys at hand. Twice more at most. */
    private fun ask(gatt: BluetoothGatt) {
        val characteristic = found(gatt, OnAir.CHALLENGE)
        if (characteristic == null || asked++ == 3) return end(gatt, false)
        gatt.readCharacteristic(characteristic)
    }

    @Suppress("DEPRECATION", "OVERRIDE_DEPRECATION") // the form that Android 12 and older call
    override fun onCharacteristicRead(gatt: BluetoothGatt, read: BluetoothGattCharacteristic, status: Int) {
        if (read.uuid == OnAir.ACKNOWLEDGEMENT && status != BluetoothGatt.GATT_SUCCESS) return ask(gatt)
        val octets = read.value ?: ByteArray(0)
        when (read.uuid) {
            OnAir.CHALLENGE -> respond(gatt, octets)
            OnAir.ACKNOWLEDGEMENT -> end(gatt, Rst1.goesOn(key, nonce, tag, octets))
        }
    }

    override fun onCharacteristicWrite(gatt: BluetoothGatt, written: BluetoothGattCharacteristic, status: Int) {
        val characteristic = found(gatt, OnAir.ACKNOWLEDGEMENT) ?: return end(gatt, false)
        gatt.readCharacteristic(characteristic)
    }

    @Suppress("DEPRECATION")
    private fun respond(gatt: BluetoothGatt, octets: ByteArray) {
        val challenge = Rst1.parseChallenge(octets) ?: return end(gatt, false)
        val characteristic = found(gatt, OnAir.RESPONSE) ?: return end(gatt, false)
        val now = nowS()
        key = keyFor(challenge.store, now) ?: return end(gatt, false)
        nonce = challenge.nonce
        tag = Rst1.tagAt(key, now)
        characteristic.value = Rst1.response(key, challenge, flags, tag)
        gatt.writeCharacteristic(characteristic)
    }

    private fun found(gatt: BluetoothGatt, uuid: UUID) = gatt.getService(OnAir.SERVICE)?.getCharacteristic(uuid)

    private fun end(gatt: BluetoothGatt, isStore: Boolean) {
        gatt.disconnect()
        answered(isStore)
    }
}
