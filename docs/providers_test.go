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
	all := docs(t)
	examples := 0
	for name, text := range all {
		if !strings.HasPrefix(name, "docs/providers") {
			continue
		}
		for _, example := range yamlBlock.FindAllStringSubmatch(text, -1) {
			examples++
			if got, err := provider.Load([]byte(example[1]), lookup); err != nil || len(got) != 1 {
				t.Errorf("%s: got %d providers, %v for:\n%s", name, len(got), err, example[1])
			}
		}
	}
	if examples < 7 {
		t.Errorf("got %d examples, want seven or more", examples)
	}
	for _, name := range provider.Presets() {
		if !strings.Contains(all["docs/providers.md"], "`"+name+"`") {
			t.Errorf("providers.md does not say what the word of %s counts for", name)
		}
		page := all["docs/providers/"+name+".md"]
		for _, part := range []string{"/callback/", "## What its word counts for", "## When an address changes there", "latchkey provider test "} {
			if !strings.Contains(page, part) {
				t.Errorf("the page of %s lacks %q", name, part)
			}
		}
		if !strings.Contains(all["docs/providers.md"], "](providers/"+name+".md)") {
			t.Errorf("providers.md does not lead to the page of %s", name)
		}
	}
}
