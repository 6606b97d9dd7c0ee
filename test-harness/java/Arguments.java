import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The command line of these programs: {@code --name value} options, {@code --config key=value} for the client, then words. */
final class Arguments {
    private final Map<String, String> options = new HashMap<>();
    final Properties config = new Properties();
    final List<String> words = new ArrayList<>();

    Arguments(String[] args) {
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) words.add(args[i]);
            else if (args[i].equals("--config")) putConfig(args[++i]);
            else options.put(args[i].substring(2), args[++i]);
        }
    }

    private void putConfig(String assignment) {
        int equals = assignment.indexOf('=');
        config.put(assignment.substring(0, equals), assignment.substring(equals + 1));
    }

    String required(String name) {
        String value = options.get(name);
        if (value == null) throw new IllegalArgumentException("--" + name + " is missing");
        return value;
    }

    String optional(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }
}
