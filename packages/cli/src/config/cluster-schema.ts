import { z } from 'zod'
import { optionalKey, requiredKey } from './config-key.ts'
import { looseChoice, secret, text, topicPattern } from './value-schemas.ts'

export const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

/** As librdkafka names them; exactly one of the first three says where tokens come from. */
function oauthKeys() {
  return {
    sasl_oauthbearer_token: optionalKey(secret(), {
      description: 'A token for OAUTHBEARER that does not change; best taken from the environment by a variable.',
      type: 'text',
      secret: true,
    }),
    sasl_oauthbearer_token_file: optionalKey(text(), {
      description: 'A file that holds a token for OAUTHBEARER; it is read anew whenever a connection authenticates.',
      type: 'path',
    }),
    sasl_oauthbearer_token_endpoint_url: optionalKey(text(), {
      description:
        'The token endpoint of an authorization server, which gives tokens for client credentials (RFC 6749, 4.4); they are renewed in time.',
      type: 'https URL',
    }),
    sasl_oauthbearer_client_id: optionalKey(text(), { description: 'The client id for that endpoint.', type: 'text' }),
    sasl_oauthbearer_client_secret: optionalKey(secret(), {
      description: 'The client secret for that endpoint; best taken from the environment by a variable.',
      type: 'text',
      secret: true,
    }),
    sasl_oauthbearer_scope: optionalKey(text(), {
      description: 'The scope that is asked for at that endpoint.',
      type: 'text',
    }),
    sasl_oauthbearer_extensions: optionalKey(z.record(text(), text()), {
      description: 'SASL extensions beside the token (KIP-342), such as `logicalCluster`.',
      type: 'section of name: text',
    }),
  }
}

function securitySchema() {
  return z.strictObject({
    security_protocol: optionalKey(looseChoice(SECURITY_PROTOCOLS), {
      description: 'How the brokers are spoken to. With `SSL` and `SASL_SSL` the broker certificate is always checked.',
      type: 'word',
      values: SECURITY_PROTOCOLS,
      default: '`PLAINTEXT`',
    }),
    sasl_mechanism: optionalKey(looseChoice(SASL_MECHANISMS), {
      description: 'How the client proves who it is; for the two protocols that begin with `SASL`.',
      type: 'word',
      values: SASL_MECHANISMS,
      default: '`PLAIN`',
    }),
    sasl_username: optionalKey(text(), { description: 'The user name for PLAIN and SCRAM.', type: 'text' }),
    sasl_password: optionalKey(secret(), {
      description: 'The password for PLAIN and SCRAM; best taken from the environment by a variable.',
      type: 'text',
      secret: true,
    }),
    ...oauthKeys(),
    ssl_ca_location: optionalKey(text(), {
      description: 'A PEM file with the certificates that broker certificates are checked against.',
      type: 'path',
      default: 'those Node.js trusts',
    }),
    ssl_certificate_location: optionalKey(text(), {
      description: 'A PEM file with the certificate of this client, for mutual TLS.',
      type: 'path',
    }),
    ssl_key_location: optionalKey(text(), {
      description: 'A PEM file with the private key of this client, for mutual TLS.',
      type: 'path',
    }),
    ssl_key_password: optionalKey(secret(), {
      description: 'The password of the private key.',
      type: 'text',
      secret: true,
    }),
  })
}

function topicsSchema(role: 'backed up' | 'restored') {
  return z.strictObject({
    include: optionalKey(z.array(topicPattern()).min(1), {
      description:
        `The topics that are ${role}: names, globs (\`payments-*\`, \`??-topic\`), or regular expressions after a \`~\`, ` +
        'which match anywhere unless they are anchored. Patterns never match internal topics; name these literally.',
      type: 'list of text',
      default: 'all topics that are not internal',
    }),
    exclude: optionalKey(z.array(topicPattern()), {
      description: 'Topics to leave out of `include`, in the same three spellings.',
      type: 'list of text',
      default: '`[]`',
    }),
  })
}

/** The section of one Kafka cluster, `source` or `target`. */
export function clusterSchema(role: 'backed up' | 'restored') {
  return z.strictObject({
    bootstrap_servers: requiredKey(z.array(brokerAddress()).min(1), {
      description: 'Brokers to begin with, as `host:port`; the others are learnt from them.',
      type: 'list of host:port',
    }),
    security: optionalKey(securitySchema(), { description: 'TLS and SASL.', type: 'section' }),
    topics: optionalKey(topicsSchema(role), { description: `Which topics are ${role}.`, type: 'section' }),
  })
}

/** Whether a text is written `host:port`. */
export function isBrokerAddress(text: string): boolean {
  return /^[^\s,/]+:\d{1,5}$/.test(text)
}

function brokerAddress() {
  return text().refine(isBrokerAddress, {
    error: 'a broker address is written host:port, one for each entry of the list',
  })
}

export type ClusterConfig = z.output<ReturnType<typeof clusterSchema>>
export type SecurityConfig = NonNullable<ClusterConfig['security']>
