import { libraryBuild } from '../../tsup.library.ts'

export default libraryBuild()
