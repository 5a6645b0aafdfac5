/** What docs/adapters/azure-key-vault.ts uses of `@azure/identity`. */
export class DefaultAzureCredential {
  readonly isCredential = true
}
