package auth

import (
	"cmp"
	"maps"
	"slices"
)

// Act names a security-relevant act, in the past tense. One that was refused has the same name and
// another outcome. The file of the feature that writes an act down declares it with newAct. The audit
// trail is kept for a year, so an act keeps its text.
type Act string

// ActSpec is what every act of a name has.
type ActSpec struct {
	Act     Act
	Meaning string // a sentence for operators
	// Outcomes are what can come of it: "ok", codes of problems that refused it, RATE_LIMITED.
	Outcomes []string
}

// outcomeOK is the outcome of an act that was done.
const outcomeOK = "ok"

// acts are all acts. newAct fills it.
var acts = map[Act]ActSpec{}

// newAct adds an act to the table and returns it. Its outcomes are outcomeOK, outcomeLimited and the codes of
// problems with which it is refused; without any, it is outcomeOK alone.
func newAct(act Act, meaning string, outcomes ...ProblemCode) Act {
	spec := ActSpec{Act: act, Meaning: meaning}
	for _, outcome := range outcomes {
		spec.Outcomes = append(spec.Outcomes, string(outcome))
	}
	if len(outcomes) == 0 {
		spec.Outcomes = []string{outcomeOK}
	}
	acts[act] = spec
	return act
}

// actNamed returns the act of the table that has the name, for what keeps acts as strings.
func actNamed(name string) Act { return acts[Act(name)].Act }

// Acts returns what is known of every act, in alphabetical order.
func Acts() []ActSpec {
	return slices.SortedFunc(maps.Values(acts), func(a, b ActSpec) int { return cmp.Compare(a.Act, b.Act) })
}
