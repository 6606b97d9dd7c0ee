export { azure } from './azure.ts'
export type { AzureCredentials, AzureOptions } from './azure-options.ts'
