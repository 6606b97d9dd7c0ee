import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.StringJoiner;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * A record as one line of JSON: bytes in hexadecimal, or as digest and length where they are long; offsets and times as
 * decimal strings, because a double cannot hold them.
 */
final class RecordLine {
    private static final HexFormat HEX = HexFormat.of();
    private final int inlineBytes;

    RecordLine(int inlineBytes) {
        this.inlineBytes = inlineBytes;
    }

    String of(ConsumerRecord<byte[], byte[]> record, String fate) throws Exception {
        StringJoiner line = new StringJoiner(",", "{", "}");
        line.add("\"topic\":\"" + record.topic() + "\"");
        line.add("\"partition\":" + record.partition());
        line.add("\"offset\":\"" + record.offset() + "\"");
        line.add("\"timestamp\":\"" + record.timestamp() + "\"");
        line.add("\"timestampType\":\"" + record.timestampType() + "\"");
        line.add("\"key\":" + bytes(record.key()));
        line.add("\"value\":" + bytes(record.value()));
        line.add("\"headers\":" + headers(record.headers()));
        if (fate != null) line.add("\"fate\":\"" + fate + "\"");
        return line.toString();
    }

    private String headers(Iterable<Header> headers) throws Exception {
        StringJoiner list = new StringJoiner(",", "[", "]");
        for (Header header : headers) list.add("[" + bytes(keyBytes(header)) + "," + bytes(header.value()) + "]");
        return list.toString();
    }

    /**
     * The client decodes header keys as UTF-8 and replaces what is not; it does so late, and until then keeps the bytes in
     * a private field. They are read there, so that a key that is not UTF-8 shows as it was written.
     */
    private static byte[] keyBytes(Header header) throws Exception {
        Field field = RecordHeader.class.getDeclaredField("keyBuffer");
        field.setAccessible(true);
        ByteBuffer buffer = (ByteBuffer) field.get(header);
        if (buffer == null) return header.key().getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[buffer.remaining()];
        buffer.duplicate().get(key);
        return key;
    }

    private String bytes(byte[] bytes) throws Exception {
        if (bytes == null) return "null";
        if (bytes.length <= inlineBytes) return "\"" + HEX.formatHex(bytes) + "\"";
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return "{\"sha256\":\"" + HEX.formatHex(digest) + "\",\"length\":" + bytes.length + "}";
    }
}
