package config_test

import (
	"errors"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestAdminAddr(t *testing.T) {
	for given, want := range map[string]string{"": "", "127.0.0.1:9091": "127.0.0.1:9091", "[::1]:0": "[::1]:0", ":9091": ":9091"} {
		got, err := config.Settings{AdminAddr: given}.Resolve()
		if err != nil || got.AdminAddr != want {
			t.Errorf("%q becomes %+v, %v", given, got, err)
		}
	}
	for _, given := range []string{"9091", "localhost", "127.0.0.1:admin", "127.0.0.1:8080", "10.0.0.5:9090"} {
		_, err := config.Settings{AdminAddr: given, MetricsAddr: "127.0.0.1:9090"}.Resolve()
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Variable != "LATCHKEY_ADMIN_ADDR" {
			t.Errorf("%q gives %v", given, err)
		}
	}
}
