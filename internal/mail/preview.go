package mail

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"os"
	"path/filepath"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// previewIndex shows all letters of a preview on one page.
var previewIndex = htmltemplate.Must(htmltemplate.New("index").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Preview of mail</title></head>
<body style="font-family:sans-serif;max-width:50rem;margin:2rem auto">
<h1>Preview of mail</h1>
<p>With sample data: no link and no code here opens anything.</p>
{{range .}}<h2>{{.Kind}}</h2>
<p>{{.Subject}} (<a href="{{.Kind}}.html">page</a>, <a href="{{.Kind}}.txt">text</a>)</p>
<iframe src="{{.Kind}}.html" title="{{.Kind}}" style="width:100%;height:38rem;border:1px solid #ccc"></iframe>
{{end}}</body>
</html>
`))

// Preview writes the letter of the kind, or of every kind if it is empty, with sample data into dir: as
// <kind>.txt with its subject, as <kind>.html, and all on one index.html. It makes the folder if it is
// not there (mode 0700; the files have 0600), replaces files of these names, and returns the paths, the
// index last. It is an error if the kind is unknown or dir is the folder of the templates.
func (r *Renderer) Preview(dir string, kind auth.LetterKind) ([]string, error) {
	wanted := letters()
	if kind != "" {
		spec, ok := specOf(kind)
		if !ok {
			names := make([]string, len(wanted))
			for i, known := range wanted {
				names[i] = string(known.Kind)
			}
			return nil, fmt.Errorf("there is no letter %q. %s", kind, didYouMean(string(kind), names))
		}
		wanted = []auth.LetterSpec{spec}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for the preview: %w", err)
	}
	if err := r.notTheTemplates(dir); err != nil {
		return nil, err
	}

	var paths []string
	write := func(name, content string) error {
		path := filepath.Join(dir, name)
		paths = append(paths, path)
		return os.WriteFile(path, []byte(content), 0o600)
	}
	var messages []*Message
	for _, letter := range wanted {
		message, err := r.Render(letter.Sample())
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
		if err := errors.Join(
			write(fileOf(letter.Kind), "Subject: "+message.Subject+"\n\n"+message.Text.Reveal()),
			write(string(letter.Kind)+".html", message.HTML.Reveal()),
		); err != nil {
			return nil, fmt.Errorf("write the preview: %w", err)
		}
	}
	var index bytes.Buffer
	if err := previewIndex.Execute(&index, messages); err != nil {
		return nil, fmt.Errorf("write the index of the preview: %w", err)
	}
	if err := write("index.html", index.String()); err != nil {
		return nil, fmt.Errorf("write the preview: %w", err)
	}
	return paths, nil
}

// notTheTemplates keeps a preview from replacing the templates that it is of: their names are the same.
func (r *Renderer) notTheTemplates(dir string) error {
	if r.settings.Templates == "" {
		return nil
	}
	own, err := os.Stat(r.settings.Templates)
	if err != nil {
		return fmt.Errorf("look at the folder of the templates: %w", err)
	}
	there, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the folder for the preview: %w", err)
	}
	if os.SameFile(own, there) {
		return errors.New("the preview would replace the templates, which have the same names: choose another folder")
	}
	return nil
}
