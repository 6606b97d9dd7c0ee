import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.xerial.snappy.Snappy;

/**
 * Produces what the Java producer refuses to make and other clients do make, as one batch a case, and prints the base offset.
 *
 * <pre>RawProducer --bootstrap SERVERS --topic T [--partition P] CASE…</pre>
 *
 * Cases: no-timestamp (−1), raw-snappy (one snappy block without the framing of Java), non-utf8-headers (the key's bytes are
 * ff fe 00 80). Batches are put together here, byte by byte: Kafka's own classes for that move between versions.
 */
public final class RawProducer {
    /** Base offset, length, leader epoch, magic, checksum. */
    private static final int ATTRIBUTES = 21;
    private static final int HEADER_BYTES = 61;
    private static final int NONE = 0;
    private static final int SNAPPY = 2;
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
        switch (name) {
            case "no-timestamp": return batch(-1, NONE, records(utf8("h")));
            case "raw-snappy": return batch(now, SNAPPY, Snappy.compress(records(utf8("h"))));
            case "non-utf8-headers": return batch(now, NONE, records(NOT_UTF8));
            default: throw new IllegalArgumentException("no case is called " + name);
        }
    }

    /** Three records with one header each, at the time of the batch. */
    private static byte[] records(byte[] headerKey) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int offsetDelta = 0; offsetDelta < 3; offsetDelta++) {
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            record.write(0); // attributes
            varint(record, 0); // timestamp delta
            varint(record, offsetDelta);
            field(record, utf8("raw-" + offsetDelta));
            field(record, utf8("value-" + offsetDelta));
            varint(record, 1); // headers
            field(record, headerKey);
            field(record, utf8("v"));
            varint(records, record.size());
            records.writeBytes(record.toByteArray());
        }
        return records.toByteArray();
    }

    private static void field(ByteArrayOutputStream out, byte[] bytes) {
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    /** Zigzag, seven bits a byte, the least first. */
    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = (value << 1) ^ (value >> 31);
        for (; (rest & ~0x7f) != 0; rest >>>= 7) out.write((rest & 0x7f) | 0x80);
        out.write(rest);
    }

    private static ByteBuffer batch(long timestamp, int codec, byte[] records) {
        ByteBuffer batch = ByteBuffer.allocate(HEADER_BYTES + records.length);
        batch.putLong(0).putInt(batch.capacity() - 12).putInt(-1).put((byte) 2).putInt(0);
        batch.putShort((short) codec).putInt(2).putLong(timestamp).putLong(timestamp); // last offset delta, first and greatest time
        batch.putLong(-1).putShort((short) -1).putInt(-1).putInt(3).put(records); // no producer; the count
        CRC32C checksum = new CRC32C();
        checksum.update(batch.array(), ATTRIBUTES, batch.capacity() - ATTRIBUTES);
        batch.putInt(ATTRIBUTES - 4, (int) checksum.getValue()).rewind();
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
}
