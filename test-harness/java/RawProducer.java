import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.DefaultRecord;
import org.apache.kafka.common.record.DefaultRecordBatch;
import org.apache.kafka.common.record.TimestampType;
import org.xerial.snappy.Snappy;

/**
 * Produces what the Java producer refuses to make and other clients do make, as one batch a case, and prints the base offset.
 *
 * <pre>RawProducer --bootstrap SERVERS --topic T [--partition P] CASE…</pre>
 *
 * Cases: no-timestamp (−1), raw-snappy (one snappy block without the framing of Java), non-utf8-headers (the key's bytes are
 * ff fe 00 80).
 */
public final class RawProducer {
    private static final int HEADER_BYTES = DefaultRecordBatch.RECORD_BATCH_OVERHEAD;
    private static final byte[] STAND_IN = {0x7f, 0x01, 0x7f, 0x02};
    private static final byte[] NOT_UTF8 = {(byte) 0xff, (byte) 0xfe, 0x00, (byte) 0x80};
    private final String topic;
    private final int partition;

    private RawProducer(Arguments arguments) {
        this.topic = arguments.required("topic");
        this.partition = Integer.parseInt(arguments.optional("partition", "0"));
    }

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        RawProducer program = new RawProducer(arguments);
        Node leader = program.leader(arguments.required("bootstrap"));
        for (String name : arguments.words) System.out.println(program.produce(leader, batch(name)));
    }

    private static ByteBuffer batch(String name) throws Exception {
        long now = System.currentTimeMillis();
        Header plain = new RecordHeader("h", utf8("v"));
        switch (name) {
            case "no-timestamp": return batch(-1, CompressionType.NONE, records(plain));
            case "raw-snappy": return batch(now, CompressionType.SNAPPY, Snappy.compress(records(plain)));
            case "non-utf8-headers": return batch(now, CompressionType.NONE, notUtf8(records(new RecordHeader(utf8Text(STAND_IN), utf8("v")))));
            default: throw new IllegalArgumentException("no case is called " + name);
        }
    }

    private static byte[] records(Header header) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        for (int i = 0; i < 3; i++)
            DefaultRecord.writeTo(out, i, 0, ByteBuffer.wrap(utf8("raw-" + i)), ByteBuffer.wrap(utf8("value-" + i)), new Header[] {header});
        return bytes.toByteArray();
    }

    /** The client would encode the key again, so other bytes of the same length stand in for it until here. */
    private static byte[] notUtf8(byte[] records) {
        for (int i = 0; i + STAND_IN.length <= records.length; i++)
            if (java.util.Arrays.equals(records, i, i + STAND_IN.length, STAND_IN, 0, STAND_IN.length))
                System.arraycopy(NOT_UTF8, 0, records, i, NOT_UTF8.length);
        return records;
    }

    private static ByteBuffer batch(long timestamp, CompressionType codec, byte[] records) {
        ByteBuffer batch = ByteBuffer.allocate(HEADER_BYTES + records.length);
        batch.position(HEADER_BYTES);
        batch.put(records).flip();
        DefaultRecordBatch.writeHeader(batch, 0, 2, batch.limit(), (byte) 2, codec, TimestampType.CREATE_TIME, timestamp, timestamp,
                -1, (short) -1, -1, false, false, false, -1, 3);
        batch.rewind();
        return batch;
    }

    private Node leader(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) bootstrap))) {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().get(partition).leader();
        }
    }

    /** Produce version 7, acks of all in-sync replicas. */
    private long produce(Node leader, ByteBuffer batch) throws Exception {
        try (Socket socket = new Socket(leader.host(), leader.port())) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] request = request(batch);
            out.writeInt(request.length);
            out.write(request);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readInt(); // length
            in.readInt(); // correlation id
            in.readInt(); // one topic
            in.readUTF();
            in.readInt(); // one partition
            in.readInt(); // its number
            short error = in.readShort();
            if (error != 0) throw new IllegalStateException("the broker answered with error " + error);
            return in.readLong();
        }
    }

    private byte[] request(ByteBuffer batch) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeShort(0); // api key
        out.writeShort(7); // version
        out.writeInt(1); // correlation id
        out.writeUTF("raw-producer"); // an ASCII UTF string has the form of a protocol string
        out.writeShort(-1); // no transactional id
        out.writeShort(-1); // acks
        out.writeInt(30_000); // time-out in milliseconds
        out.writeInt(1);
        out.writeUTF(topic);
        out.writeInt(1);
        out.writeInt(partition);
        out.writeInt(batch.limit());
        out.write(batch.array());
        return bytes.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String utf8Text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
