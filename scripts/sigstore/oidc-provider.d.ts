/** Adds to what test/identity/oidc-provider.d.ts says of the package. */
declare module 'oidc-provider' {
  export interface ResponseContext {
    readonly response: { get(header: string): string | undefined; remove(header: string): void };
    status: number;
    type: string;
    body: unknown;
  }

  export default interface Provider {
    use(step: (context: ResponseContext, next: () => Promise<void>) => Promise<void>): void;
    on(event: string, listener: (...values: readonly unknown[]) => void): void;
  }
}
