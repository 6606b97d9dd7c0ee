import { libraryBuild } from '../../tsup.library.ts'

export default libraryBuild({ index: 'src/index.ts', 'testing/index': 'src/testing/index.ts' })
