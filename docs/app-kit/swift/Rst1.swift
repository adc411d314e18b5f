// RST1 on iOS: the arithmetic, with CryptoKit. A snippet to start from: not compiled here, for want of Apple's tools.
// Run ../vectors/tokens.tsv through it in a unit test before anything else.

import CryptoKit
import Foundation

enum Rst1 {
    static let dayS: UInt32 = 86_400
    static let hourS: UInt32 = 3_600
    static let quarterS: UInt32 = 900
    private static let version: UInt8 = 1
    private static let iosPrefix = Data([0x52, 0x53, 0x54, 0x31, 0x00, 0x01])

    struct Challenge {
        let store: UInt32
        let unixS: UInt32
        let nonce: Data
    }

    /// SK, 16 octets, from Kc (32 octets, in the keychain, readable after first unlock, on this device only).
    static func dayKey(secret: Data, store: UInt32, unixS: UInt32, epoch: UInt16) -> Data {
        hmac(secret, ascii("RST1 day") + octets(store) + octets(unixS / dayS) + octets(epoch)).prefix(16)
    }

    static func tag(key: Data, unixS: UInt32) -> Data {
        let start = 8 * Int(unixS / quarterS % 4)
        return Data(hmac(key, ascii("RST1 hour") + octets(unixS / hourS))[start..<start + 8])
    }

    /// The ten octets on air. `flags` 0...15: the two low bits are the mode.
    static func body(key: Data, unixS: UInt32, flags: UInt8, txPowerDbm: Int8) -> Data {
        Data([version << 4 | flags]) + tag(key: key, unixS: unixS) + Data([UInt8(bitPattern: txPowerDbm)])
    }

    /// What an app in the foreground advertises as its one service UUID: iOS lets it choose no other octets.
    static func foregroundUUID(body: Data) -> UUID {
        let all = [UInt8](iosPrefix + body)
        return all.withUnsafeBytes { UUID(uuid: $0.load(as: uuid_t.self)) }
    }

    /// Nil: not a challenge of version 1, disconnect.
    static func challenge(_ data: Data) -> Challenge? {
        let all = [UInt8](data)
        guard all.count == 17, all[0] == version else { return nil }
        return Challenge(store: number(all[1..<5]), unixS: number(all[5..<9]), nonce: Data(all[9...]))
    }

    static func response(key: Data, challenge: Challenge, flags: UInt8, tag: Data) -> Data {
        let head = Data([version << 4 | flags]) + tag
        let asked = challenge.nonce + octets(challenge.store) + octets(challenge.unixS)
        return head + hmac(key, ascii("RST1 rsp") + asked + head).prefix(8)
    }

    /// False: this is not the store. Disconnect and stay silent here.
    static func goesOn(key: Data, nonce: Data, tag: Data, ack: Data) -> Bool {
        let expected = hmac(key, ascii("RST1 ack") + nonce + tag).prefix(8)
        guard ack.count == expected.count else { return false }
        return zip(expected, ack).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hmac(_ key: Data, _ message: Data) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
    }

    private static func ascii(_ text: String) -> Data { Data(text.utf8) }

    private static func octets<Number: FixedWidthInteger>(_ number: Number) -> Data {
        withUnsafeBytes(of: number.bigEndian) { Data($0) }
    }

    private static func number(_ octets: ArraySlice<UInt8>) -> UInt32 {
        octets.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
