package auth

import (
	"strings"
	"testing"
)

// TestEveryActIsToldAsAnEventOrNot fails for an act of which nobody has decided whether the programs of others hear of it.
func TestEveryActIsToldAsAnEventOrNot(t *testing.T) {
	for act := range acts {
		kind, told := eventOfAct[act]
		why, silent := actsWithoutEvent[act]
		if told == silent {
			t.Errorf("%s: got an event: %t, and a reason for none: %t, want one of the two (eventOfAct, actsWithoutEvent)", act, told, silent)
		}
		if _, known := eventKinds[kind]; told && !known || silent && why == "" {
			t.Errorf("%s: got the event %q and the reason %q, want a kind of the table, or a reason", act, kind, why)
		}
	}
	for act := range eventOfAct {
		if _, ok := acts[act]; !ok {
			t.Errorf("%q has an event, and is no act", act)
		}
	}
	for act := range actsWithoutEvent {
		if _, ok := acts[act]; !ok {
			t.Errorf("%q has no event, and is no act", act)
		}
	}
}

func TestEventKinds(t *testing.T) {
	for kind, spec := range eventKinds {
		of, what, ok := strings.Cut(string(kind), ".")
		if !ok || of == "" || what == "" || spec.Kind != kind || !strings.HasSuffix(spec.Meaning, ".") {
			t.Errorf("%s: got %+v, want a name such as user.signed_in, and a sentence", kind, spec)
		}
	}
}
