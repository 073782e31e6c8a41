// Package arch holds the architecture as a test: who may import whom, which
// module belongs to which package, and what the pure packages must not do. It
// has no code of its own.
package arch
