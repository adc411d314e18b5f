// RST1 on iOS: woken by the beacon, on air in the foreground, and the challenge in the background as well.
// A snippet to start from: not compiled here, for want of Apple's tools. The rules behind it: ../PHONES.md.

import CoreBluetooth
import CoreLocation
import UIKit

enum OnAir {
    static let service = CBUUID(string: "6f1d0f2d-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    static let challenge = CBUUID(string: "6f1d0f2e-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    static let response = CBUUID(string: "6f1d0f2f-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    static let acknowledgement = CBUUID(string: "6f1d0f30-9a33-4d1e-8c5b-7a2e1f3d4c5b")
    static let beacon = UUID(uuidString: "6f1d0f31-9a33-4d1e-8c5b-7a2e1f3d4c5b")!
}

/// One region for all stores: iOS watches twenty for an app, and a chain may have more shops than that.
func watchForStores(_ manager: CLLocationManager) {
    let region = CLBeaconRegion(uuid: OnAir.beacon, identifier: "regulars")
    region.notifyEntryStateOnDisplay = true  // a second chance whenever the screen lights up
    manager.startMonitoring(for: region)
}

/// In the foreground only. In the background iOS moves service UUIDs where no scanner but an iPhone finds them:
/// there the challenge speaks instead.
final class Voice: NSObject, CBPeripheralManagerDelegate {
    private lazy var manager = CBPeripheralManager(delegate: self, queue: nil)

    /// At the start, on every quarter of the UTC hour, and when the mode changes.
    func say(key: Data, nowS: UInt32, flags: UInt8) {
        hush()
        let body = Rst1.body(key: key, unixS: nowS, flags: flags, txPowerDbm: -59)
        let uuid = CBUUID(nsuuid: Rst1.foregroundUUID(body: body))
        manager.startAdvertising([CBAdvertisementDataServiceUUIDsKey: [uuid]])
    }

    /// Invisible, out of the store, consent withdrawn, app in the background: silence.
    func hush() { manager.stopAdvertising() }

    func peripheralManagerDidUpdateState(_ peripheral: CBPeripheralManager) {}
}

/// CHAL, RESP, ACK. `answered` is told whether this was the store; false means silence here.
final class Answer: NSObject, CBCentralManagerDelegate, CBPeripheralDelegate {
    private let keyFor: (_ store: UInt32, _ unixS: UInt32) -> Data?  // nil: no such store, or not near it
    private let flags: UInt8
    private let answered: (Bool) -> Void
    private var central: CBCentralManager!
    private var store: CBPeripheral?
    private var key = Data(), nonce = Data(), tag = Data()
    private var asked = 0
    private var task = UIBackgroundTaskIdentifier.invalid

    init(flags: UInt8, keyFor: @escaping (UInt32, UInt32) -> Data?, answered: @escaping (Bool) -> Void) {
        (self.flags, self.keyFor, self.answered) = (flags, keyFor, answered)
        super.init()
        // A beacon wake-up may be cut off at any moment without it.
        task = UIApplication.shared.beginBackgroundTask { [weak self] in self?.end(false) }
        central = CBCentralManager(delegate: self, queue: nil)
    }

    func centralManagerDidUpdateState(_ central: CBCentralManager) {
        // In the background a scan without service UUIDs finds nothing.
        if central.state == .poweredOn { central.scanForPeripherals(withServices: [OnAir.service]) }
    }

    func centralManager(_ central: CBCentralManager, didDiscover peripheral: CBPeripheral,
                        advertisementData: [String: Any], rssi: NSNumber) {
        central.stopScan()
        store = peripheral
        peripheral.delegate = self
        central.connect(peripheral)
    }

    func centralManager(_ central: CBCentralManager, didConnect peripheral: CBPeripheral) {
        peripheral.discoverServices([OnAir.service])
    }

    func centralManager(_ central: CBCentralManager, didFailToConnect peripheral: CBPeripheral, error: Error?) {
        end(false)
    }

    func peripheral(_ peripheral: CBPeripheral, didDiscoverServices error: Error?) {
        guard let service = peripheral.services?.first else { return end(false) }
        peripheral.discoverCharacteristics([OnAir.challenge, OnAir.response, OnAir.acknowledgement], for: service)
    }

    func peripheral(_ peripheral: CBPeripheral, didDiscoverCharacteristicsFor service: CBService, error: Error?) {
        ask(peripheral)
    }

    /// A store refuses the proof to an answer that came late: the next one has its keys at hand. Twice more at most.
    private func ask(_ peripheral: CBPeripheral) {
        guard asked < 3, let challenge = found(OnAir.challenge) else { return end(false) }
        asked += 1
        peripheral.readValue(for: challenge)
    }

    func peripheral(_ peripheral: CBPeripheral, didUpdateValueFor read: CBCharacteristic, error: Error?) {
        if error != nil, read.uuid == OnAir.acknowledgement { return ask(peripheral) }
        guard error == nil, let octets = read.value else { return end(false) }
        if read.uuid == OnAir.challenge { respond(peripheral, octets) }
        if read.uuid == OnAir.acknowledgement { end(Rst1.goesOn(key: key, nonce: nonce, tag: tag, ack: octets)) }
    }

    func peripheral(_ peripheral: CBPeripheral, didWriteValueFor written: CBCharacteristic, error: Error?) {
        guard error == nil, let acknowledgement = found(OnAir.acknowledgement) else { return end(false) }
        peripheral.readValue(for: acknowledgement)
    }

    private func respond(_ peripheral: CBPeripheral, _ octets: Data) {
        let now = UInt32(Date().timeIntervalSince1970)
        guard let challenge = Rst1.challenge(octets), let response = found(OnAir.response),
              let key = keyFor(challenge.store, now) else { return end(false) }
        (self.key, nonce, tag) = (key, challenge.nonce, Rst1.tag(key: key, unixS: now))
        let answer = Rst1.response(key: key, challenge: challenge, flags: flags, tag: tag)
        peripheral.writeValue(answer, for: response, type: .withResponse)
    }

    private func found(_ uuid: CBUUID) -> CBCharacteristic? {
        store?.services?.first?.characteristics?.first { $0.uuid == uuid }
    }

    private func end(_ isStore: Bool) {
        guard task != .invalid else { return }
        if let store { central.cancelPeripheralConnection(store) }
        UIApplication.shared.endBackgroundTask(task)
        task = .invalid
        answered(isStore)
    }
}
