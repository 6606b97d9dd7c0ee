export { type KafkaOptions, kafka } from './kafka.ts'
export {
  type ConnectionSecurity,
  connectionFromSecurity,
  type SecuritySettings,
} from './security/connection-from-security.ts'
