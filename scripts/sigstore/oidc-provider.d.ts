/** As much as the tests need of a package that comes without types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export interface Grant {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export interface Context {
    readonly oidc: {
      readonly provider: Provider;
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
    };
  }

  export interface ResponseContext {
    readonly response: { get(header: string): string | undefined; remove(header: string): void };
    status: number;
    type: string;
    body: unknown;
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    readonly Client: { readonly prototype: { redirectUriAllowed(uri: string): boolean } };
    readonly Grant: new (of: {
      clientId: string;
      accountId: string;
    }) => Grant;
    use(step: (context: ResponseContext, next: () => Promise<void>) => Promise<void>): void;
    on(event: string, listener: (...values: readonly unknown[]) => void): void;
    callback(): RequestListener;
    interactionDetails(
      request: IncomingMessage,
      response: ServerResponse,
    ): Promise<{ readonly prompt: { readonly name: string } }>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
    ): Promise<void>;
  }
}
