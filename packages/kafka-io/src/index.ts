export { kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-options.ts'
export {
  type ConnectionSecurity,
  connectionFromSecurity,
  type SecuritySettings,
} from './security/connection-from-security.ts'
export type { OauthSettings } from './security/oauth-settings.ts'
