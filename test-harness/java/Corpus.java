import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Records on which backup tools are known to break. The same case and count give the same bytes. */
final class Corpus {
    private static final byte[] EMPTY = {};
    private static final int FIVE_MEGABYTES = 5 << 20;
    private final String topic;
    private final Integer partition;

    /** @param partition where its records go; null leaves it to the producer's partitioner */
    Corpus(String topic, Integer partition) {
        this.topic = topic;
        this.partition = partition;
    }

    List<ProducerRecord<byte[], byte[]>> of(String name, int count) {
        switch (name) {
            case "nulls": return nulls();
            case "headers": return headers();
            case "timestamps": return timestamps();
            case "tombstones": return tombstones(count);
            case "big": return sized(count, FIVE_MEGABYTES);
            default: return events(name, count);
        }
    }

    /** Every pairing of null, empty and present, for key, value and header value. */
    private List<ProducerRecord<byte[], byte[]>> nulls() {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        byte[][] kinds = {null, EMPTY, utf8("present")};
        for (byte[] key : kinds)
            for (byte[] value : kinds)
                for (byte[] header : kinds) {
                    ProducerRecord<byte[], byte[]> record = record(null, key, value);
                    record.headers().add("h", header);
                    records.add(record);
                }
        return records;
    }

    private List<ProducerRecord<byte[], byte[]>> headers() {
        String[][] orders = {
            {},
            {"a", "a", "a"},
            {"a", "b", "a", "b", "a"},
            {"__proto__", "constructor", "toString", "hasOwnProperty", "__proto__"},
            {"", "", " "},
            {"\u00e9", "\ud83d\udca5", "\u0000", "\u202e", "10", "9", "1"},
        };
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (String[] keys : orders) {
            ProducerRecord<byte[], byte[]> record = record(null, utf8("headers"), utf8(String.join("|", keys)));
            for (int i = 0; i < keys.length; i++) record.headers().add(new RecordHeader(keys[i], i == 1 ? null : utf8("v" + i)));
            records.add(record);
        }
        return records;
    }

    /** In one batch, out of order, and further apart than 32 bits of milliseconds. */
    private List<ProducerRecord<byte[], byte[]>> timestamps() {
        long now = System.currentTimeMillis();
        long[] times = {now, 0, now - 1, 1, now + 1_000, (1L << 31) + 7, now - (40L * 86_400_000), 0, now};
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (long time : times) records.add(record(time, utf8("time"), utf8(String.valueOf(time))));
        return records;
    }

    private List<ProducerRecord<byte[], byte[]>> tombstones(int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) records.add(record(null, utf8("key-" + i % 10), i % 3 == 2 ? null : utf8("state-" + i)));
        return records;
    }

    private List<ProducerRecord<byte[], byte[]>> sized(int count, int bytes) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[bytes];
            new Random(i).nextBytes(value);
            records.add(record(null, utf8("big-" + i), value));
        }
        return records;
    }

    private List<ProducerRecord<byte[], byte[]>> events(String name, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String json = "{\"case\":\"" + name + "\",\"number\":" + i + ",\"note\":\"" + "payment ".repeat(i % 20) + "\"}";
            ProducerRecord<byte[], byte[]> record = record(null, utf8(name + "-" + i), utf8(json));
            if (i % 5 == 0) record.headers().add("trace", utf8("t" + i));
            records.add(record);
        }
        return records;
    }

    private ProducerRecord<byte[], byte[]> record(Long timestamp, byte[] key, byte[] value) {
        return new ProducerRecord<>(topic, partition, timestamp, key, value);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
