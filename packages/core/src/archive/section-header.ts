import { crc32c } from '@node-rs/crc32'
import type { SectionHeader } from './section.ts'
import {
  FORMAT_VERSION,
  frameHead,
  SECTION_CODECS,
  SECTION_HEADER_MAGIC,
  sectionHeaderLayout,
} from './section-layout.ts'

const CRC_LENGTH = 4

/** The longest header frame there can be: that of a topic name of 249 bytes. */
export const MAX_HEADER_FRAME_LENGTH = frameHead.length + sectionHeaderLayout.length + 249 + CRC_LENGTH

/** The payload of a section's header frame. */
export function writeSectionHeader({ topic, codec, ...header }: SectionHeader): Buffer {
  const name = Buffer.from(topic)
  const fixed = sectionHeaderLayout.write({
    ...header,
    magic: SECTION_HEADER_MAGIC,
    version: FORMAT_VERSION,
    codec: SECTION_CODECS.indexOf(codec),
    reserved: 0,
    topicLength: name.length,
  })
  const vouched = Buffer.concat([fixed, name])
  const crc = Buffer.alloc(CRC_LENGTH)
  crc.writeUInt32LE(crc32c(vouched))
  return Buffer.concat([vouched, crc])
}

/** Reads the payload of a section's header frame; `RangeError` where it cannot be one. */
export function readSectionHeader(payload: Buffer): SectionHeader {
  const { magic, version, codec, reserved, topicLength, ...header } = sectionHeaderLayout.read(payload, 0)
  const end = sectionHeaderLayout.length + topicLength
  if (magic !== SECTION_HEADER_MAGIC || version !== FORMAT_VERSION || reserved !== 0) {
    throw new RangeError('it does not begin as the header of a section of format 1')
  }
  if (payload.length !== end + CRC_LENGTH || payload.readUInt32LE(end) !== crc32c(payload.subarray(0, end))) {
    throw new RangeError('the section header differs from its CRC-32C')
  }
  const name = SECTION_CODECS[codec]
  if (name === undefined) throw new RangeError(`the section header names codec ${codec}`)
  return { ...header, codec: name, topic: payload.toString('utf8', sectionHeaderLayout.length, end) }
}
