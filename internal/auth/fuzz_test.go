package auth

// In the package, for what is beneath the use cases.

import "testing"

// FuzzDevice takes anything as a user agent. The words of it are of our own choosing.
func FuzzDevice(f *testing.F) {
	for _, seed := range []string{"", "curl/8.5", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1", "bot/", "EDG/ (android)", "\xff<script>", "firefox/ windows nt"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		for _, c := range deviceInWords(agent) {
			if c < ' ' || c > '~' || c == '<' || c == '&' {
				t.Fatalf("%+q is %q in words", agent, deviceInWords(agent))
			}
		}
	})
}
