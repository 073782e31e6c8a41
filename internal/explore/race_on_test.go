//go:build race

package explore

// There is nothing here to race, and the detector makes the long walks take minutes.
func init() { longWalks = false }
