// Package renewal decides: which instance is renewed, why, for how long and
// within which caps, and what the answers of the money call mean.
//
// It is pure. It never reads a clock or the environment, never makes a call and
// knows no SDK: time, settings, instances, prices and errors are handed in, and
// the same input gives the same plan in the same order.
package renewal
