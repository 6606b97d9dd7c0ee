import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prints every record of some topics, one line of JSON each, in order within a partition, from the first offset to the end
 * offsets found at the start. Under read_committed the end is the last stable offset.
 *
 * <pre>RecordDump --bootstrap SERVERS [--isolation read_committed|read_uncommitted] [--inline-bytes N] [--config K=V]… TOPIC…</pre>
 */
public final class RecordDump {
    private static final Duration SILENCE = Duration.ofSeconds(60);

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        RecordLine line = new RecordLine(Integer.parseInt(arguments.optional("inline-bytes", "4096")));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 20), false, "UTF-8");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config(arguments))) {
            List<TopicPartition> partitions = partitionsOf(consumer, arguments.words);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            dump(consumer, consumer.endOffsets(partitions), line, out);
        }
        out.flush();
    }

    private static void dump(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, RecordLine line, PrintStream out)
            throws Exception {
        long deadline = System.nanoTime() + SILENCE.toNanos();
        while (pauseFinished(consumer, ends) > 0) {
            int printed = 0;
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) out.println(line.of(record, null));
                printed++;
            }
            if (printed > 0) deadline = System.nanoTime() + SILENCE.toNanos();
            if (System.nanoTime() > deadline) throw new IllegalStateException("nothing read for " + SILENCE + ", ends " + ends);
        }
    }

    /** The position, not the last record, tells the end: a log may end in a marker or in a compacted hole. */
    private static int pauseFinished(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        List<TopicPartition> finished = ends.keySet().stream()
                .filter(partition -> consumer.position(partition) >= ends.get(partition)).collect(Collectors.toList());
        consumer.pause(finished);
        return ends.size() - finished.size();
    }

    private static List<TopicPartition> partitionsOf(KafkaConsumer<byte[], byte[]> consumer, List<String> topics) {
        return topics.stream().flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition())).collect(Collectors.toList());
    }

    private static Properties config(Arguments arguments) {
        Properties config = new Properties();
        config.put("bootstrap.servers", arguments.required("bootstrap"));
        config.put("isolation.level", arguments.optional("isolation", "read_committed"));
        config.put("key.deserializer", ByteArrayDeserializer.class.getName());
        config.put("value.deserializer", ByteArrayDeserializer.class.getName());
        config.put("allow.auto.create.topics", "false");
        config.put("auto.offset.reset", "none");
        config.put("max.partition.fetch.bytes", String.valueOf(8 << 20));
        config.putAll(arguments.config);
        return config;
    }
}
