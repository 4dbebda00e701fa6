package keyring

import "time"

// State is what a key does at the moment.
type State string

// The states, in the order of a key's life.
const (
	Waits    State = "published, signs later"
	Signs    State = "signs"
	Verifies State = "verifies what it signed"
	Dead     State = "dead, will be removed"
)

// Info is what operators see of a key.
type Info struct {
	*SealedKey
	State    State
	Until    time.Time // until when it verifies; zero: no later key ends that yet
	Unopened bool      // it was sealed under another secret key
}

// Infos returns what each key does, the oldest first.
func (r Ring) Infos(now time.Time) []Info {
	infos := make([]Info, len(r))
	for i, k := range r {
		infos[i] = Info{SealedKey: k.SealedKey, State: Verifies, Until: k.Until, Unopened: k.Opened == nil}
		switch {
		case k.Waits(now):
			infos[i].State = Waits
		case k.retired(now):
			infos[i].State = Dead
		case i == len(r)-1 || r[i+1].Waits(now):
			infos[i].State = Signs
		}
	}
	return infos
}
