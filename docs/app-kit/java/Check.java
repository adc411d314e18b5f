import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** java Check ../vectors: runs every vector that needs no memory. Prints a count for each file; exit 1 on a miss. */
public final class Check {
    private static int missed;

    private Check() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        run(folder, "tokens.tsv", Check::token);
        run(folder, "air.tsv", Check::heard);
        run(folder, "answers.tsv", Check::answer);
        run(folder, "acks.tsv", Check::acknowledgement);
        System.exit(missed == 0 ? 0 : 1);
    }

    private static void run(Path folder, String name, Predicate<Map<String, String>> check) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve(name));
        String[] columns = lines.get(0).split("\t");
        int right = 0;
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.split("\t");
            Map<String, String> row = new HashMap<>();
            for (int index = 0; index < columns.length; index++) {
                row.put(columns[index], values[index]);
            }
            if (check.test(row)) {
                right++;
            } else {
                System.err.println("missed in " + name + ": " + line);
            }
        }
        int all = lines.size() - 1;
        missed += all - right + (all == 0 ? 1 : 0);
        System.out.println(name + " " + right + "/" + all);
    }

    private static boolean token(Map<String, String> row) {
        long store = Long.parseLong(row.get("store"));
        long unixS = Long.parseLong(row.get("unix"));
        int flags = Integer.parseInt(row.get("flags"));
        byte[] key = Rst1.dayKey(octets(row, "secret"), store, unixS, Integer.parseInt(row.get("epoch")));
        byte[] body = Rst1.bodyAt(key, unixS, flags, Integer.parseInt(row.get("tx_power_dbm")));
        Rst1.Challenge challenge = Rst1.parseChallenge(octets(row, "challenge"));
        byte[] response = Rst1.response(key, challenge, flags, Rst1.tagAt(key, unixS));
        boolean carried = row.get("adv_service16").equals("-")
                || (is(row, "adv_service16", Rst1.serviceData16(body))
                        && is(row, "adv_service128", Rst1.serviceData128(body))
                        && is(row, "adv_ios_foreground", Rst1.iosForeground(body)));
        return carried
                && is(row, "day_key", key)
                && is(row, "hour_block", Rst1.hourBlock(key, unixS))
                && is(row, "body", body)
                && is(row, "nonce", challenge.nonce)
                && is(row, "response", response)
                && is(row, "ack", Rst1.acknowledged(key, challenge, response));
    }

    private static boolean heard(Map<String, String> row) {
        long store = Long.parseLong(row.get("store"));
        long now = Long.parseLong(row.get("now"));
        int epoch = Integer.parseInt(row.get("epoch"));
        int mode = Rst1.recognised(octets(row, "secret"), store, epoch, now, octets(row, "body"));
        return row.get("mode").equals(mode < 0 ? "-" : Integer.toString(mode));
    }

    private static boolean answer(Map<String, String> row) {
        Rst1.Challenge challenge = Rst1.parseChallenge(octets(row, "challenge"));
        return is(row, "ack", Rst1.acknowledged(octets(row, "day_key"), challenge, octets(row, "response")));
    }

    private static boolean acknowledgement(Map<String, String> row) {
        byte[] key = octets(row, "day_key");
        boolean goesOn = Rst1.goesOn(key, octets(row, "nonce"), octets(row, "tag"), octets(row, "ack"));
        return goesOn == row.get("goes_on").equals("yes");
    }

    private static byte[] octets(Map<String, String> row, String column) {
        String digits = row.get(column);
        return digits.equals("-") ? new byte[0] : Rst1.octets(digits);
    }

    private static boolean is(Map<String, String> row, String column, byte[] found) {
        StringBuilder digits = new StringBuilder();
        for (byte octet : found == null ? new byte[0] : found) {
            digits.append(String.format("%02x", octet));
        }
        return row.get(column).equals(found == null ? "-" : digits.toString());
    }
}
