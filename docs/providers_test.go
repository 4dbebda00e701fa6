package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestTheFilesOfProvidersInDocsAreOnes loads each example as a server does, with all secrets there.
func TestTheFilesOfProvidersInDocsAreOnes(t *testing.T) {
	const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`
	lookup := func(variable string) (secret.Text, error) {
		switch {
		case strings.HasSuffix(variable, "_PRIVATE_KEY"):
			return key, nil
		case strings.HasSuffix(variable, "_CLIENT_SECRET"):
			return "secret", nil
		}
		return "", nil
	}
	text := docs(t)["docs/providers.md"]
	examples := yamlBlock.FindAllStringSubmatch(text, -1)
	if len(examples) < 4 {
		t.Fatalf("got %d examples, want four or more", len(examples))
	}
	for _, example := range examples {
		if got, err := provider.Load([]byte(example[1]), lookup); err != nil || len(got) != 1 {
			t.Errorf("got %d providers, %v for:\n%s", len(got), err, example[1])
		}
	}
	for _, name := range provider.Presets() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("providers.md does not say what the word of %s counts for", name)
		}
	}
}
