// RST1 on Android: the arithmetic. Port of ../java/Rst1.java (which is compiled and run against the vectors); needs
// nothing but javax.crypto, so it runs in a plain JVM unit test too.

import java.nio.ByteBuffer
import java.security.MessageDigest
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

object Rst1 {
    const val DAY_S = 86_400L
    const val HOUR_S = 3_600L
    const val QUARTER_S = 900L
    private const val VERSION = 1

    /** CHAL, read. */
    class Challenge(val store: Long, val unixS: Long, val nonce: ByteArray)

    /** SK, 16 octets, from Kc (32 octets, in the Android Keystore or encrypted by a key from it). */
    fun dayKey(secret: ByteArray, store: Long, unixS: Long, epoch: Int): ByteArray =
        hmac(secret, ascii("RST1 day") + u32(store) + u32(unixS / DAY_S) + u16(epoch)).copyOf(16)

    fun tagAt(key: ByteArray, unixS: Long): ByteArray {
        val start = 8 * (unixS / QUARTER_S % 4).toInt()
        return hmac(key, ascii("RST1 hour") + u32(unixS / HOUR_S)).copyOfRange(start, start + 8)
    }

    /** The ten octets on air. `flags` 0..15: the two low bits are the mode. */
    fun bodyAt(key: ByteArray, unixS: Long, flags: Int, txPowerDbm: Int): ByteArray =
        versionFlags(flags) + tagAt(key, unixS) + byteArrayOf(txPowerDbm.toByte())

    /** Null: not a challenge of version 1, hang up. */
    fun parseChallenge(octets: ByteArray): Challenge? {
        if (octets.size != 17 || octets[0].toInt() != VERSION) return null
        val buffer = ByteBuffer.wrap(octets)
        val store = buffer.getInt(1).toLong() and 0xFFFF_FFFFL
        val unixS = buffer.getInt(5).toLong() and 0xFFFF_FFFFL
        return Challenge(store, unixS, octets.copyOfRange(9, 17))
    }

    fun response(key: ByteArray, challenge: Challenge, flags: Int, tag: ByteArray): ByteArray {
        val head = versionFlags(flags) + tag
        val asked = challenge.nonce + u32(challenge.store) + u32(challenge.unixS)
        return head + hmac(key, ascii("RST1 rsp") + asked + head).copyOf(8)
    }

    /** False: this is not the store. Hang up and stay silent here. */
    fun goesOn(key: ByteArray, nonce: ByteArray, tag: ByteArray, ack: ByteArray): Boolean =
        MessageDigest.isEqual(hmac(key, ascii("RST1 ack") + nonce + tag).copyOf(8), ack)

    private fun hmac(key: ByteArray, message: ByteArray): ByteArray {
        val mac = Mac.getInstance("HmacSHA256")
        mac.init(SecretKeySpec(key, "HmacSHA256"))
        return mac.doFinal(message)
    }

    private fun versionFlags(flags: Int) = byteArrayOf((VERSION shl 4 or flags).toByte())

    private fun ascii(text: String) = text.toByteArray(Charsets.US_ASCII)

    private fun u32(number: Long): ByteArray = ByteBuffer.allocate(4).putInt(number.toInt()).array()

    private fun u16(number: Int): ByteArray = ByteBuffer.allocate(2).putShort(number.toShort()).array()
}
