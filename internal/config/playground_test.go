package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestPlayground(t *testing.T) {
	for _, c := range []struct {
		name                      string
		production                bool
		introspection, playground string
		wantIntrospection, want   bool
	}{
		{"is on in development", false, "", "", true, true},
		{"can be turned off in development, and the schema stays open", false, "", "false", true, false},
		{"is off where the schema is closed", false, "false", "", false, false},
		{"is off in production, and so is the schema", true, "", "", false, false},
		{"opens the schema in production", true, "", "true", true, true},
		{"is not turned on by an open schema in production", true, "true", "", true, false},
		{"can be on with an open schema in production", true, "true", "true", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := config.Settings{}
			if c.production {
				s = production()
			}
			s.Introspection, s.Playground = c.introspection, c.playground
			got := resolved(t, s)
			if got.Introspection != c.wantIntrospection || got.Playground != c.want {
				t.Errorf("introspection %t, playground %t", got.Introspection, got.Playground)
			}
		})
	}
}

func TestPlaygroundWithoutTheSchema(t *testing.T) {
	for name, s := range map[string]config.Settings{"in development": {}, "in production": production()} {
		t.Run("is a fault "+name, func(t *testing.T) {
			s.Introspection, s.Playground = "false", "true"
			wantFaults(t, s, "LATCHKEY_PLAYGROUND")
		})
	}
	t.Run("is no fault of its own where the other is faulty", func(t *testing.T) {
		wantFaults(t, config.Settings{Introspection: "nein", Playground: "true"}, "LATCHKEY_INTROSPECTION")
	})
}
