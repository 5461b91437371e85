/** `package.json` and `package-lock.json`, as far as they matter here. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly [member: string]: unknown;
}

/** What users get: what is installed beside the package, and what is built into it. */
export interface Shipped {
  /** The package as if what is built into it were a dependency, and nothing else a development one. */
  readonly package: Package;
  readonly lock: Lock;
}

/**
 * Takes what only developers need out of a package and its lock.
 *
 * `npm sbom --omit dev` would leave out too much: every package to which some way leads from a
 * development dependency, also those to which another leads from the package itself.
 *
 * @param bundled names of development dependencies whose code is built into the package.
 */
export function shippedOf(own: Package, { packages }: Lock, bundled: readonly string[]): Shipped {
  const { devDependencies = {}, ...rest } = own;
  const built = Object.fromEntries(bundled.map((name) => [name, devDependencies[name] ?? '*']));
  const shipped = { ...rest, dependencies: { ...rest.dependencies, ...built } };
  const kept = Object.entries(packages).flatMap(([place, locked]): [string, LockedPackage][] => {
    if (place === '') return [[place, { ...shipped }]];
    const { dev, ...others } = locked;
    const isBuilt = bundled.some((name) => place === `node_modules/${name}`);
    return dev === true && !isBuilt ? [] : [[place, others]];
  });
  return { package: shipped, lock: { packages: Object.fromEntries(kept) } };
}

/** `name@version` of all packages in a lock but the first, which is the package itself. */
export function namesIn({ packages }: Lock): readonly string[] {
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, { version }]) => `${place.replace(/^.*node_modules\//, '')}@${version}`)
    .toSorted();
}
