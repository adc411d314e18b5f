import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * RST1 from the phone's side, and what a store checks: HMAC-SHA256 and integers, nothing else. Java 11, Android 8.
 *
 * <p>Stores and instants are unsigned 32-bit numbers and travel as long. Layouts: ../RST1.md.
 */
public final class Rst1 {
    public static final long DAY_S = 86_400;
    public static final long HOUR_S = 3_600;
    public static final long QUARTER_S = 900;
    private static final int VERSION = 1;
    private static final byte[] SERVICE = octets("6f1d0f2c9a334d1e8c5b7a2e1f3d4c5b");
    private static final byte[] IOS_PREFIX = octets("525354310001");
    private static final byte[] AD_FLAGS = octets("02011a");

    private Rst1() {}

    /** SK, 16 octets. The phone makes it from Kc; a store receives it and never sees Kc. */
    public static byte[] dayKey(byte[] secret, long store, long unixS, int epoch) {
        return first(16, hmac(secret, ascii("RST1 day"), u32(store), u32(unixS / DAY_S), u16(epoch)));
    }

    /** B_h, 32 octets: the four tags of the hour. */
    public static byte[] hourBlock(byte[] key, long unixS) {
        return hmac(key, ascii("RST1 hour"), u32(unixS / HOUR_S));
    }

    public static byte[] tagAt(byte[] key, long unixS) {
        int start = 8 * (int) (unixS / QUARTER_S % 4);
        return Arrays.copyOfRange(hourBlock(key, unixS), start, start + 8);
    }

    /** The ten octets on air. Flags 0..15, the two low bits the mode wished; tx power -128..127. */
    public static byte[] bodyAt(byte[] key, long unixS, int flags, int txPowerDbm) {
        return joined(versionFlags(flags), tagAt(key, unixS), new byte[] {(byte) txPowerDbm});
    }

    public static byte[] serviceData16(byte[] body) {
        return joined(AD_FLAGS, octets("0d16f0ff"), body);
    }

    public static byte[] serviceData128(byte[] body) {
        return joined(AD_FLAGS, octets("1b21"), reversed(SERVICE), body);
    }

    public static byte[] iosForeground(byte[] body) {
        return joined(AD_FLAGS, octets("1107"), reversed(joined(IOS_PREFIX, body)));
    }

    /** What a store asks; null for anything that is not CHAL of version 1: then the phone hangs up. */
    public static Challenge parseChallenge(byte[] octets) {
        if (octets.length != 17 || octets[0] != VERSION) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        return new Challenge(
                Integer.toUnsignedLong(buffer.getInt(1)),
                Integer.toUnsignedLong(buffer.getInt(5)),
                Arrays.copyOfRange(octets, 9, 17));
    }

    /** RESP. The tag is the phone's own at this moment, the flags the mode it wishes. */
    public static byte[] response(byte[] key, Challenge challenge, int flags, byte[] tag) {
        byte[] head = joined(versionFlags(flags), tag);
        return joined(head, responseMac(key, challenge, head));
    }

    /** The phone's last question: is this the store? False means hang up and say nothing more here. */
    public static boolean goesOn(byte[] key, byte[] nonce, byte[] tag, byte[] ack) {
        return MessageDigest.isEqual(ackMac(key, nonce, tag), ack);
    }

    // What the store does, so that the negative vectors can be run.

    /** The mode bits of a body that is this member's now, or -1. */
    public static int recognised(byte[] secret, long store, int epoch, long nowS, byte[] body) {
        if (body.length != 10 || (body[0] & 0xff) >> 4 != VERSION) {
            return -1;
        }
        byte[] heard = Arrays.copyOfRange(body, 1, 9);
        for (long unixS : new long[] {nowS - QUARTER_S, nowS, nowS + QUARTER_S}) {
            if (MessageDigest.isEqual(tagAt(dayKey(secret, store, unixS, epoch), unixS), heard)) {
                return body[0] & 3;
            }
        }
        return -1;
    }

    /** ACK to a right RESP, or null. That the nonce is fresh, unused and this connection's is checked beside it. */
    public static byte[] acknowledged(byte[] key, Challenge challenge, byte[] octets) {
        if (octets.length != 17 || (octets[0] & 0xff) >> 4 != VERSION) {
            return null;
        }
        byte[] head = first(9, octets);
        if (!MessageDigest.isEqual(responseMac(key, challenge, head), Arrays.copyOfRange(octets, 9, 17))) {
            return null;
        }
        return ackMac(key, challenge.nonce, Arrays.copyOfRange(octets, 1, 9));
    }

    /** CHAL, read. */
    public static final class Challenge {
        public final long store;
        public final long unixS;
        public final byte[] nonce;

        Challenge(long store, long unixS, byte[] nonce) {
            this.store = store;
            this.unixS = unixS;
            this.nonce = nonce;
        }
    }

    private static byte[] responseMac(byte[] key, Challenge challenge, byte[] head) {
        byte[] asked = joined(challenge.nonce, u32(challenge.store), u32(challenge.unixS));
        return first(8, hmac(key, ascii("RST1 rsp"), asked, head));
    }

    private static byte[] ackMac(byte[] key, byte[] nonce, byte[] tag) {
        return first(8, hmac(key, ascii("RST1 ack"), nonce, tag));
    }

    private static byte[] hmac(byte[] key, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(joined(parts));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java has HmacSHA256", impossible);
        }
    }

    private static byte[] versionFlags(int flags) {
        return new byte[] {(byte) (VERSION << 4 | flags)};
    }

    private static byte[] u32(long number) {
        return ByteBuffer.allocate(4).putInt((int) number).array();
    }

    private static byte[] u16(int number) {
        return ByteBuffer.allocate(2).putShort((short) number).array();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] first(int length, byte[] octets) {
        return Arrays.copyOf(octets, length);
    }

    private static byte[] reversed(byte[] octets) {
        byte[] backwards = new byte[octets.length];
        for (int index = 0; index < octets.length; index++) {
            backwards[index] = octets[octets.length - 1 - index];
        }
        return backwards;
    }

    private static byte[] joined(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            buffer.put(part);
        }
        return buffer.array();
    }

    static byte[] octets(String digits) {
        byte[] octets = new byte[digits.length() / 2];
        for (int index = 0; index < octets.length; index++) {
            octets[index] = (byte) Integer.parseInt(digits.substring(2 * index, 2 * index + 2), 16);
        }
        return octets;
    }
}
