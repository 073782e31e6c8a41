// Package bench measures the function as it is deployed: the built binary, the
// real runtime protocol, signed requests to the emulated cloud. Its benchmarks
// are the source of the figures in docs/scale.md; each prints the ratio of two
// things that were measured in the same run, and the target beside it, and none
// fails for being slow. How many calls a run makes is no matter of time, so it
// is a test.
//
// There is nothing to import here.
package bench
