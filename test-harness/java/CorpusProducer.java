import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Produces cases of the corpus to one partition, in the given order, and prints each acknowledged record as {@link RecordDump}
 * prints it, with its fate: plain, committed, aborted or open. (Where the topic stamps records itself, the printed time is
 * still the producer's.)
 *
 * <pre>CorpusProducer --bootstrap SERVERS --topic T [--partition P|by-key] [--codec none|gzip|snappy|lz4|zstd]
 *     [--transactional-id ID] [--config K=V]… CASE[:COUNT]…</pre>
 *
 * Cases: nulls, headers, timestamps, tombstones, big (5 MiB each), singles (one record a batch), plain; in transactions
 * committed, aborted, interleaved (a committed and an aborted transaction, record by record), and open, which must come last:
 * its transaction is left open until {@code transaction.timeout.ms} (15 minutes here) or until {@code fence} with the same id.
 */
public final class CorpusProducer {
    private final Arguments arguments;
    private final Corpus corpus;
    private final RecordLine line = new RecordLine(4096);

    private CorpusProducer(Arguments arguments) {
        this.arguments = arguments;
        String partition = arguments.optional("partition", "0");
        this.corpus = new Corpus(arguments.required("topic"), partition.equals("by-key") ? null : Integer.valueOf(partition));
    }

    public static void main(String[] args) throws Exception {
        CorpusProducer program = new CorpusProducer(new Arguments(args));
        for (String word : program.arguments.words) {
            String[] parts = word.split(":");
            program.run(parts[0], parts.length > 1 ? Integer.parseInt(parts[1]) : 10);
        }
        System.out.flush();
        // Closing a producer would abort its open transaction, which the case "open" is there to leave behind.
        Runtime.getRuntime().halt(0);
    }

    private void run(String name, int count) throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = corpus.of(name, count);
        switch (name) {
            case "committed": case "aborted": case "open": transaction(records, name); break;
            case "interleaved": interleaved(records); break;
            case "fence": producer("-open").initTransactions(); break;
            case "singles": singles(records); break;
            default: plain(records);
        }
    }

    private void plain(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        KafkaProducer<byte[], byte[]> producer = producer(null);
        print(records, send(producer, records), "plain");
        producer.close();
    }

    private void singles(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        KafkaProducer<byte[], byte[]> producer = producer(null);
        for (ProducerRecord<byte[], byte[]> record : records) print(List.of(record), send(producer, List.of(record)), "plain");
        producer.close();
    }

    private void transaction(List<ProducerRecord<byte[], byte[]>> records, String fate) throws Exception {
        KafkaProducer<byte[], byte[]> producer = begin("-" + fate);
        List<Future<RecordMetadata>> sent = send(producer, records);
        end(producer, fate);
        print(records, sent, fate);
    }

    private void interleaved(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        KafkaProducer<byte[], byte[]> committing = begin("-left");
        KafkaProducer<byte[], byte[]> aborting = begin("-right");
        for (int i = 0; i < records.size(); i++) {
            boolean commits = i % 2 == 0;
            List<ProducerRecord<byte[], byte[]>> one = List.of(records.get(i));
            print(one, send(commits ? committing : aborting, one), commits ? "committed" : "aborted");
        }
        end(aborting, "aborted");
        end(committing, "committed");
    }

    private KafkaProducer<byte[], byte[]> begin(String suffix) {
        KafkaProducer<byte[], byte[]> producer = producer(suffix);
        producer.initTransactions();
        producer.beginTransaction();
        return producer;
    }

    private static void end(KafkaProducer<byte[], byte[]> producer, String fate) {
        if (fate.equals("open")) return;
        if (fate.equals("committed")) producer.commitTransaction();
        else producer.abortTransaction();
        producer.close();
    }

    private static List<Future<RecordMetadata>> send(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : records) sent.add(producer.send(record));
        producer.flush();
        return sent;
    }

    private void print(List<ProducerRecord<byte[], byte[]>> records, List<Future<RecordMetadata>> sent, String fate) throws Exception {
        for (int i = 0; i < records.size(); i++) {
            ProducerRecord<byte[], byte[]> record = records.get(i);
            RecordMetadata at = sent.get(i).get();
            System.out.println(line.of(new ConsumerRecord<>(record.topic(), at.partition(), at.offset(), at.timestamp(),
                    TimestampType.CREATE_TIME, 0, 0, record.key(), record.value(), record.headers(), java.util.Optional.empty()), fate));
        }
    }

    /** A linger longer than a case takes to send, so that the records of a case share a batch until they are flushed. */
    private KafkaProducer<byte[], byte[]> producer(String transactionSuffix) {
        Properties config = new Properties();
        config.put("bootstrap.servers", arguments.required("bootstrap"));
        config.put("key.serializer", ByteArraySerializer.class.getName());
        config.put("value.serializer", ByteArraySerializer.class.getName());
        config.put("compression.type", arguments.optional("codec", "none"));
        config.put("linger.ms", "5000");
        config.put("max.request.size", String.valueOf(16 << 20));
        config.put("transaction.timeout.ms", "900000");
        if (transactionSuffix != null) config.put("transactional.id", arguments.optional("transactional-id", "corpus") + transactionSuffix);
        config.putAll(arguments.config);
        return new KafkaProducer<>(config);
    }
}
