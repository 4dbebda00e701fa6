package config_test

import (
	"errors"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestMetricsAddr(t *testing.T) {
	for given, want := range map[string]string{"": "", "127.0.0.1:9090": "127.0.0.1:9090", "[::1]:0": "[::1]:0", ":9090": ":9090"} {
		got, err := config.Settings{MetricsAddr: given}.Resolve()
		if err != nil || got.MetricsAddr != want {
			t.Errorf("%q becomes %+v, %v", given, got, err)
		}
	}
	for _, given := range []string{"9090", "localhost", "127.0.0.1:metrics", "127.0.0.1:70000"} {
		_, err := config.Settings{MetricsAddr: given}.Resolve()
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Variable != "LATCHKEY_METRICS_ADDR" {
			t.Errorf("%q gives %v", given, err)
		}
	}
}
