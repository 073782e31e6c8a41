package explore

import (
	"slices"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A key is a world in 192 bits.
type key [3]uint64

// runsPerWord runs fit into one word of a key; the last word holds the rest.
const runsPerWord = 2

func (w *world) key() (k key) {
	for i := range w.runs {
		r, word := &w.runs[i], &k[i/runsPerWord]
		put(word, r.at, 3)
		put(word, r.n, 3)
		put(word, uint8(r.step), 2)
		put(word, bit(r.doubt), 1)
		put(word, bit(r.heals), 1)
		put(word, r.call, 5)
		put(word, r.callN, 3)
		put(word, r.write, 5)
	}
	rest := &k[len(k)-1]
	put(rest, w.tag, 3)
	for n := range w.stale {
		put(rest, w.stale[n], 5)
		put(rest, w.tokens[n].fate, 2)
		put(rest, bit(w.tokens[n].terms), 1)
	}
	put(rest, w.charges, 2)
	put(rest, w.hidden, 5)
	put(rest, w.busy, 5)
	put(rest, bit(w.tagTaken), 1)
	return k
}

// world is the opposite of key.
func (k key) world() (w world) {
	rest := &k[len(k)-1]
	w.tagTaken = take[uint8](rest, 1) == 1
	w.busy = take[pending](rest, 5)
	w.hidden = take[pending](rest, 5)
	w.charges = take[uint8](rest, 2)
	for n := generations - 1; n >= 0; n-- {
		w.tokens[n].terms = take[uint8](rest, 1) == 1
		w.tokens[n].fate = take[fate](rest, 2)
		w.stale[n] = take[pending](rest, 5)
	}
	w.tag = take[uint8](rest, 3)
	for i := most - 1; i >= 0; i-- {
		r, word := &w.runs[i], &k[i/runsPerWord]
		r.write = take[pending](word, 5)
		r.callN = take[uint8](word, 3)
		r.call = take[pending](word, 5)
		r.heals = take[uint8](word, 1) == 1
		r.doubt = take[uint8](word, 1) == 1
		r.step = renewal.Step(take[uint8](word, 2))
		r.n = take[uint8](word, 3)
		r.at = take[place](word, 3)
	}
	return w
}

func put[T ~uint8](word *uint64, v T, bits int) { *word = *word<<bits | uint64(v) }

func take[T ~uint8](word *uint64, bits int) T {
	v := T(*word & (1<<bits - 1))
	*word >>= bits
	return v
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// A walk is the set of worlds that were reached, in their order: the nearest first.
type walk struct {
	keys   []key
	parent []int32 // from which each was reached first
	table  []int32 // indexes of keys by their hash, -1 = free
}

func (v *walk) reach(k key, from int32) {
	if 2*len(v.keys) >= len(v.table) {
		v.table = make([]int32, max(1<<12, 4*len(v.table)))
		for i := range v.table {
			v.table[i] = -1
		}
		for i, k := range v.keys {
			v.table[v.slot(k)] = int32(i)
		}
	}
	if at := v.slot(k); v.table[at] < 0 {
		v.table[at] = int32(len(v.keys))
		v.keys, v.parent = append(v.keys, k), append(v.parent, from)
	}
}

func (v *walk) slot(k key) int {
	h := ((k[0]*0x9e3779b97f4a7c15^k[1])*0xbf58476d1ce4e5b9 ^ k[2]) * 0x94d049bb133111eb
	for at := int(h >> 32); ; at++ {
		at &= len(v.table) - 1
		if i := v.table[at]; i < 0 || v.keys[i] == k {
			return at
		}
	}
}

// A step is an event, and the world before and after it.
type step struct {
	before world
	event  event
	after  world
}

// chargedTwice is what must not be.
func chargedTwice(w *world) bool { return w.charges > 1 }

// explore walks all worlds of a class until it comes to one that is sought. It
// gives the shortest story that ends there, if there is one, and how many worlds
// it walked.
func explore(c class, p protocol, sought func(*world) bool) (story []step, worlds int) {
	v := &walk{}
	v.reach((&world{}).key(), -1)
	for i := 0; i < len(v.keys) && story == nil; i++ {
		before := v.keys[i].world()
		before.next(&c, &p, func(e event, next *world) {
			switch {
			case story != nil:
			case sought(next):
				story = append(v.story(&c, &p, int32(i)), step{before, e, *next})
			default:
				v.reach(next.key(), int32(i))
			}
		})
	}
	return story, len(v.keys)
}

// story tells how a world was reached first.
func (v *walk) story(c *class, p *protocol, i int32) (story []step) {
	for from := v.parent[i]; from >= 0; i, from = from, v.parent[from] {
		before, found := v.keys[from].world(), false
		before.next(c, p, func(e event, next *world) {
			if !found && next.key() == v.keys[i] {
				story, found = append(story, step{before, e, *next}), true
			}
		})
	}
	slices.Reverse(story)
	return story
}
