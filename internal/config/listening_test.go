package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestWhereAServerWithFaultsListens(t *testing.T) {
	for want, s := range map[string]config.Settings{
		":8080":        {Env: "production"}, // with all its faults
		":9000":        {Env: "production", Port: "9000"},
		"0.0.0.0:7000": {Env: "production", Port: "9000", Addr: "0.0.0.0:7000"},
	} {
		if got, secure := s.Listening(); got != want || secure {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if _, secure := (config.Settings{TLSCert: "a", TLSKey: "b"}).Listening(); !secure {
		t.Error("got no https, want it seen")
	}
}
