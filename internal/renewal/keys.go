package renewal

// Keys are credentials of an account. The zero Keys stand for whatever the
// default chain of the machine finds. Nothing prints them.
type Keys struct{ ID, Secret, Token string }

// String hides the keys.
func (Keys) String() string { return "(hidden)" }

// GoString hides the keys.
func (Keys) GoString() string { return "(hidden)" }

// MarshalText hides the keys, from JSON and from logs.
func (Keys) MarshalText() ([]byte, error) { return []byte("(hidden)"), nil }
