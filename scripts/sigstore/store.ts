/** What the OpenID provider remembers, for as long as it runs. Its adapter interface. */
interface Item {
  readonly uid?: string;
  readonly grantId?: string;
  consumed?: number;
}

/**
 * Makes the adapter class of one provider. The provider has a store of its own, and prints a
 * warning when it is used.
 */
export function storeClass(): new (kind: string) => object {
  const items = new Map<string, Item>();

  return class Store {
    readonly #kind: string;

    constructor(kind: string) {
      this.#kind = kind;
    }

    async upsert(id: string, item: Item): Promise<void> {
      items.set(this.#key(id), item);
    }

    async find(id: string): Promise<Item | undefined> {
      return items.get(this.#key(id));
    }

    async findByUid(uid: string): Promise<Item | undefined> {
      return [...items]
        .filter(([key]) => key.startsWith(this.#key('')))
        .find(([, item]) => item.uid === uid)?.[1];
    }

    async consume(id: string): Promise<void> {
      const item = items.get(this.#key(id));
      if (item !== undefined) item.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id: string): Promise<void> {
      items.delete(this.#key(id));
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, item] of items) if (item.grantId === grantId) items.delete(key);
    }

    #key(id: string): string {
      return `${this.#kind}:${id}`;
    }
  };
}
