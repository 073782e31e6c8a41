// Package renewal decides: which instance is renewed, why, for how long and
// within which caps, and what the answers of the money call mean.
//
// It is pure. It never reads a clock or the environment, never makes a call and
// knows no SDK: time, settings, instances, prices and errors are handed in, and
// what comes out depends on nothing else, not even on the order of a list.
package renewal
