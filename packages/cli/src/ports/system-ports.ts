import { connectionFromSecurity, kafka, type SecuritySettings } from '@kbackup/kafka-io'
import type { SecurityConfig } from '../config/cluster-schema.ts'
import type { CliPorts } from './cli-ports.ts'
import { folderNames } from './folder-names.ts'
import { openStore } from './open-store.ts'
import { storeFolderNames } from './store-folder-names.ts'

/** The real adapters. */
export const systemPorts: CliPorts = {
  openStore,
  folderNames: async (location, signal) =>
    location.backend === 'filesystem'
      ? folderNames(location.directory)
      : storeFolderNames(await openStore(location), signal),
  connect: ({ bootstrap_servers, security = {} }) =>
    kafka({
      clientId: 'kbackup',
      brokers: [...bootstrap_servers],
      ...connectionFromSecurity(revealed(security)),
    }),
  nowMs: Date.now,
}

/** The one place where secrets become text, on their way to the client. */
function revealed(security: SecurityConfig): SecuritySettings {
  const { sasl_password, ssl_key_password, sasl_oauthbearer_token, sasl_oauthbearer_client_secret, ...settings } =
    security
  return {
    ...settings,
    sasl_password: sasl_password?.reveal(),
    ssl_key_password: ssl_key_password?.reveal(),
    sasl_oauthbearer_token: sasl_oauthbearer_token?.reveal(),
    sasl_oauthbearer_client_secret: sasl_oauthbearer_client_secret?.reveal(),
  }
}
