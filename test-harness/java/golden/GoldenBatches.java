import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.MutableRecordBatch;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.BufferSupplier;

/**
 * Writes record batches with the classes that Kafka's own producer, broker and log cleaner use, and beside each file
 * what those classes read in it. The TypeScript decoder is held to that.
 *
 *   java -cp 'kafka-clients.jar:lz4-java.jar:snappy-java.jar:zstd-jni.jar:slf4j-api.jar' GoldenBatches.java write FOLDER
 *   java -cp … GoldenBatches.java describe FILE    prints what is in a file of batches, after checking every checksum
 */
public class GoldenBatches {
    private static final long NOW = 1_764_426_540_000L;
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] arguments) throws Exception {
        Path path = Path.of(arguments[1]);
        if (arguments[0].equals("describe")) {
            System.out.println(describe(Files.readAllBytes(path), true));
            return;
        }
        Files.createDirectories(path);
        for (CompressionType type : CompressionType.values()) {
            write(path, "corners-" + type.name, bytesOf(corners(type)));
            if (type == CompressionType.NONE) continue;
            write(path, "bulk-" + type.name, bytesOf(bulk(type)));
            write(path, "incompressible-" + type.name, bytesOf(incompressible(type)));
        }
        write(path, "timestamps", bytesOf(timestamps(NOW, 0, RecordBatch.NO_TIMESTAMP, Long.MAX_VALUE, 1)));
        write(path, "timestamps-wrapped", bytesOf(timestamps(RecordBatch.NO_TIMESTAMP, Long.MAX_VALUE, NOW, 0)));
        write(path, "log-append-time", bytesOf(logAppendTime()));
        write(path, "sparse", filtered(corners(CompressionType.ZSTD), record -> record.offset() % 3 == 0, false));
        write(path, "delete-horizon", filtered(corners(CompressionType.LZ4), record -> true, false));
        write(path, "delete-horizon-sparse", filtered(corners(CompressionType.NONE), record -> record.offset() % 2 == 0, false));
        write(path, "emptied", filtered(transactional(20, 7, 3), record -> false, true));
        write(path, "transactions", transactions());
        write(path, "sequence-wrap", bytesOf(sequenceWrap()));
        write(path, "several", concatenated(corners(CompressionType.GZIP), bulk(CompressionType.SNAPPY), logAppendTime()));
        write(path, "magic-0", bytesOf(legacy(RecordBatch.MAGIC_VALUE_V0, Compression.NONE)));
        write(path, "magic-1", bytesOf(legacy(RecordBatch.MAGIC_VALUE_V1, Compression.gzip().build())));
    }

    private static MemoryRecords corners(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, TimestampType.CREATE_TIME, 1_000);
        builder.append(NOW, bytes("key"), bytes("value"));
        builder.append(NOW - 5, bytes("key"), (byte[]) null);
        builder.append(0, (byte[]) null, bytes("no key"));
        builder.append(RecordBatch.NO_TIMESTAMP, (byte[]) null, (byte[]) null);
        builder.append(NOW + 3_600_000, new byte[0], new byte[0]);
        builder.append(NOW, bytes("h"), bytes("v"), headers("a", "1", "b", null, "a", "", "__proto__", "x", "a", "1"));
        builder.append(NOW, bytes("h"), null, headers("", "empty name", "\u00e9\ud83d\ude80", "\ud83d\ude80", "\ufeffbom", "kept"));
        builder.append(NOW, new byte[] {(byte) 0xff, (byte) 0xfe, 0}, new byte[300], headers("long", "y".repeat(200)));
        builder.append(1, bytes("k".repeat(127)), bytes("v".repeat(64)));
        return builder.build();
    }

    private static MemoryRecords bulk(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, TimestampType.CREATE_TIME, 5_000_000_000L);
        for (int i = 0; i < 2_000; i++) {
            String event = "{\"id\":" + i + ",\"state\":\"" + (i % 3 == 0 ? "captured" : "initiated") + "\",\"pad\":\"" + "p".repeat(i % 311) + "\"}";
            builder.append(NOW + (i * 7919L) % 100_003, bytes("order-" + i % 97), bytes(event), headers("trace", "t" + i));
        }
        return builder.build();
    }

    private static MemoryRecords incompressible(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, TimestampType.CREATE_TIME, 0);
        Random random = new Random(42);
        for (int i = 0; i < 3; i++) {
            byte[] value = new byte[i == 1 ? 20_000 : 300];
            random.nextBytes(value);
            builder.append(NOW, null, value);
        }
        return builder.build();
    }

    private static MemoryRecords timestamps(long... times) {
        MemoryRecordsBuilder builder = builder(CompressionType.NONE, TimestampType.CREATE_TIME, 0);
        for (long time : times) builder.append(time, bytes("at"), bytes(Long.toString(time)));
        return builder.build();
    }

    private static MemoryRecords logAppendTime() {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.snappy().build(), TimestampType.LOG_APPEND_TIME, 77, NOW);
        for (int i = 0; i < 4; i++) builder.append(NOW - 1_000 * i, bytes("k"), bytes("v" + i));
        return builder.build();
    }

    private static MemoryRecords transactional(long baseOffset, long producerId, int records) {
        SimpleRecord[] values = new SimpleRecord[records];
        for (int i = 0; i < records; i++) values[i] = new SimpleRecord(NOW, bytes("p" + producerId), bytes("v" + i));
        return MemoryRecords.withTransactionalRecords(RecordBatch.CURRENT_MAGIC_VALUE, baseOffset, Compression.NONE, producerId, (short) 2, 10, 5, values);
    }

    /** Producers 1 and 2 abort, 3 commits, 1 then commits; 4 is still open at the end; all are interleaved. */
    private static byte[] transactions() {
        return concatenated(
            transactional(0, 1, 2), transactional(2, 3, 1), transactional(3, 2, 2),
            marker(5, 1, ControlRecordType.ABORT), transactional(6, 2, 1), transactional(7, 1, 2),
            marker(9, 3, ControlRecordType.COMMIT), transactional(10, 4, 1), marker(11, 2, ControlRecordType.ABORT),
            marker(12, 1, ControlRecordType.COMMIT), transactional(13, 2, 1), marker(14, 2, ControlRecordType.COMMIT));
    }

    private static MemoryRecords marker(long offset, long producerId, ControlRecordType type) {
        return MemoryRecords.withEndTransactionMarker(offset, NOW, 5, producerId, (short) 2, new EndTransactionMarker(type, 31));
    }

    private static MemoryRecords sequenceWrap() {
        return MemoryRecords.withIdempotentRecords(RecordBatch.CURRENT_MAGIC_VALUE, 9, Compression.NONE, 123_456_789_012L, (short) 32_000,
            Integer.MAX_VALUE - 1, 40, new SimpleRecord(NOW, bytes("a")), new SimpleRecord(NOW, bytes("b")), new SimpleRecord(NOW, bytes("c")));
    }

    private static MemoryRecords legacy(byte magic, Compression compression) {
        TimestampType type = magic == RecordBatch.MAGIC_VALUE_V0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME;
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), magic, compression, type, 42);
        builder.append(magic == RecordBatch.MAGIC_VALUE_V0 ? RecordBatch.NO_TIMESTAMP : NOW, bytes("old"), bytes("format"));
        return builder.build();
    }

    /** As the log cleaner rewrites a log; batches that keep tombstones get a delete horizon (KIP-534). */
    private static byte[] filtered(MemoryRecords records, Predicate<Record> retained, boolean keepEmpty) {
        ByteBuffer target = ByteBuffer.allocate(1 << 16);
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(NOW, 86_400_000) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(keepEmpty ? BatchRetention.RETAIN_EMPTY : BatchRetention.DELETE_EMPTY, false);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return retained.test(record);
            }
        };
        return bytesOf(MemoryRecords.readableRecords(records.filterTo(filter, target, BufferSupplier.NO_CACHING).outputBuffer().flip()));
    }

    private static MemoryRecordsBuilder builder(CompressionType type, TimestampType timestampType, long baseOffset) {
        return MemoryRecords.builder(ByteBuffer.allocate(1 << 16), Compression.of(type).build(), timestampType, baseOffset);
    }

    private static Header[] headers(String... pairs) {
        Header[] headers = new Header[pairs.length / 2];
        for (int i = 0; i < headers.length; i++) {
            headers[i] = new RecordHeader(pairs[2 * i], pairs[2 * i + 1] == null ? null : bytes(pairs[2 * i + 1]));
        }
        return headers;
    }

    private static byte[] concatenated(MemoryRecords... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (MemoryRecords part : parts) all.writeBytes(bytesOf(part));
        return all.toByteArray();
    }

    private static byte[] bytesOf(MemoryRecords records) {
        ByteBuffer buffer = records.buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static void write(Path folder, String name, byte[] bytes) throws Exception {
        Files.write(folder.resolve(name + ".bin"), bytes);
        Files.writeString(folder.resolve(name + ".json"), describe(bytes, bytes.length < 4_096 && !name.startsWith("bulk")) + "\n");
    }

    private static String describe(byte[] bytes, boolean listRecords) throws Exception {
        List<String> batches = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            batch.ensureValid();
            batches.add("  " + describe(batch, listRecords));
        }
        return "[\n" + String.join(",\n", batches) + "\n]";
    }

    private static String describe(MutableRecordBatch batch, boolean listRecords) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        List<String> records = new ArrayList<>();
        long minTimestamp = Long.MAX_VALUE;
        for (Record record : batch) {
            String line = describe(record);
            digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
            records.add("      " + line);
            minTimestamp = Math.min(minTimestamp, record.timestamp());
        }
        String header = "{\"magic\":" + batch.magic() + ",\"baseOffset\":\"" + batch.baseOffset() + "\",\"lastOffset\":\"" + batch.lastOffset()
            + "\",\"nextOffset\":\"" + batch.nextOffset() + "\",\"sizeInBytes\":" + batch.sizeInBytes() + ",\"recordCount\":" + batch.countOrNull()
            + ",\"partitionLeaderEpoch\":" + batch.partitionLeaderEpoch() + ",\"codec\":\"" + batch.compressionType().name
            + "\",\"timestampType\":\"" + batch.timestampType().name + "\",\"isTransactional\":" + batch.isTransactional()
            + ",\"isControl\":" + batch.isControlBatch() + ",\"deleteHorizon\":" + quotedOrNull(batch.deleteHorizonMs().isPresent() ? batch.deleteHorizonMs().getAsLong() : null)
            + ",\"maxTimestamp\":\"" + batch.maxTimestamp() + "\",\"minTimestamp\":" + quotedOrNull(records.isEmpty() ? null : minTimestamp)
            + ",\"producerId\":\"" + batch.producerId() + "\",\"producerEpoch\":" + batch.producerEpoch() + ",\"baseSequence\":" + batch.baseSequence()
            + ",\"crc\":" + batch.checksum() + ",\"recordsSha256\":\"" + HEX.formatHex(digest.digest()) + "\"";
        return header + (listRecords ? ",\"records\":[\n" + String.join(",\n", records) + "\n    ]}" : "}");
    }

    private static String describe(Record record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) headers.add("[\"" + HEX.formatHex(bytes(header.key())) + "\"," + hex(header.value() == null ? null : ByteBuffer.wrap(header.value())) + "]");
        return "{\"offset\":\"" + record.offset() + "\",\"timestamp\":\"" + record.timestamp() + "\",\"key\":" + hex(record.key())
            + ",\"value\":" + hex(record.value()) + ",\"headers\":[" + String.join(",", headers) + "]}";
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return "\"" + HEX.formatHex(bytes) + "\"";
    }

    private static String quotedOrNull(Long value) {
        return value == null ? "null" : "\"" + value + "\"";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
