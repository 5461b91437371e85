/** Something outside of this project is missing: Go, or the network. */
export class Unavailable extends Error {}
