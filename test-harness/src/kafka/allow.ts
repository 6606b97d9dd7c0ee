import { setTimeout as sleepMs } from 'node:timers/promises'
import kafkajs, { type AclEntry, type AclOperationTypes, type Admin } from 'kafkajs'
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

const LOOKS = 200
const LOOK_EVERY_MS = 50

/**
 * Gives rights to a user, and returns once the broker goes by them; on a cluster that has an authorizer and holds
 * `User:ANONYMOUS` for a super user.
 */
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
    for (const entry of acl) await untilApplied(admin, entry)
  } finally {
    await admin.disconnect()
  }
}

/** The controller answers first; a broker applies what it hears of it a moment later. */
async function untilApplied(admin: Admin, entry: AclEntry): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const { resources } = await admin.describeAcls(entry)
    if (resources.some(({ acls }) => acls.length > 0)) return
    await sleepMs(LOOK_EVERY_MS)
  }
  throw new Error(`the broker does not go by a right that ${entry.principal} was given on ${entry.resourceName}`)
}
