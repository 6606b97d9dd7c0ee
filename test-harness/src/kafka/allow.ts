import kafkajs, { type AclOperationTypes } from 'kafkajs'
import { plaintextClient } from './plaintext-client.ts'
import type { TestKafka } from './test-kafka.ts'

/** A right on one resource, by its literal name. */
export interface Right {
  readonly resource: 'TOPIC' | 'GROUP'
  readonly name: string
  readonly operations: readonly (keyof typeof AclOperationTypes)[]
}

// Node.js finds only some of the names that this CommonJS package exports; the demo runs without a bundler.
const { AclOperationTypes: OPERATIONS, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/** Gives rights to a user, on a cluster that has an authorizer and holds `User:ANONYMOUS` for a super user. */
export async function allow(
  kafka: Pick<TestKafka, 'plaintextServers'>,
  username: string,
  rights: readonly Right[],
): Promise<void> {
  const admin = plaintextClient(kafka.plaintextServers).admin()
  const acl = rights.flatMap(({ resource, name, operations }) =>
    operations.map((operation) => ({
      resourceType: AclResourceTypes[resource],
      resourceName: name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${username}`,
      host: '*',
      operation: OPERATIONS[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  )
  try {
    await admin.connect()
    await admin.createAcls({ acl })
  } finally {
    await admin.disconnect()
  }
}
