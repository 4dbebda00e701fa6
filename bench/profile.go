package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/latchkey-auth/latchkey/bench/seed"
)

// scene is something that was measured, kept so that it can be played once more under a profile.
type scene struct {
	database string // its URL
	settings []string
	replicas int // of which one is looked at; 0 is 1
	// play asks the servers for so long; nil: nobody asks them.
	play func(ctx context.Context, addresses []string, d time.Duration) error
	// begins: the profile is that of the start.
	begins bool
}

// sceneOf names the scene of something on a database, as files are called.
func sceneOf(what, database string) string {
	words := strings.FieldsFunc(strings.ToLower(what+" "+database), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

// remember keeps a scene under its name.
func (b *bench) remember(name string, s scene) {
	if b.scenes == nil {
		b.scenes = map[string]scene{}
	}
	b.scenes[name] = s
}

// saturated is the scene of an operation that is asked for as fast as it is answered.
func (b *bench) saturated(database string, o *operation, replicas int, settings ...string) scene {
	return scene{database: database, settings: settings, replicas: replicas, play: func(ctx context.Context, addresses []string, d time.Duration) error {
		_, err := saturate(ctx, addresses, o, b.plan.connections, d)
		return err
	}}
}

// flooded is the scene of a flood of logins, on a database of its own.
func (b *bench) flooded(ctx context.Context, o *Overload) (scene, error) {
	url, err := b.newDatabase(o.Database)
	if err != nil {
		return scene{}, err
	}
	people, err := seed.Fill(ctx, url, 1000, 1000)
	if err != nil {
		return scene{}, err
	}
	return scene{database: url, play: func(ctx context.Context, addresses []string, d time.Duration) error {
		ended := make(chan error, 1)
		go func() {
			_, err := atRate(ctx, addresses[0], me(opMe, bearer, people.Tokens), 32, meRate, d)
			ended <- err
		}()
		_, err := atRate(ctx, addresses[0], login(people.Emails), 256, o.planned, d)
		return errors.Join(err, <-ended)
	}}, nil
}

// profiles plays what missed its target once more, and the flood in any case, on a server that is built
// to be looked into, when everything was measured. The rows of the targets lead to what came of it.
func (b *bench) profiles(ctx context.Context) error {
	if !b.looksInto || !canProfile {
		return nil
	}
	program := ""
	for i := range b.result.Targets {
		target := &b.result.Targets[i]
		if target.Met && !strings.HasPrefix(target.scene, sceneFlood) {
			continue
		}
		file := "profiles/" + target.scene + ".txt"
		if _, done := b.result.profiles[file]; !done {
			if len(b.result.profiles) == b.plan.profiles {
				continue
			}
			if program == "" {
				var err error
				if program, err = build(ctx, b.folder, profileTag); err != nil {
					return err
				}
			}
			b.say("profile of %s", target.scene)
			text, err := b.profile(ctx, program, target)
			if err = errors.Join(err, b.stopAll(0)); err != nil {
				return fmt.Errorf("profile of %s: %w", target.scene, err)
			}
			b.result.profiles[file] = text
		}
		target.Profile = file
	}
	return nil
}

// profile plays the scene of a target and returns what to read of its profile.
func (b *bench) profile(ctx context.Context, program string, target *Target) (string, error) {
	name := target.scene
	s, known := b.scenes[name]
	for _, o := range b.result.Overloads {
		if sceneOf(sceneFlood, o.Database) == name {
			var err error
			if s, err = b.flooded(ctx, o); err != nil {
				return "", err
			}
			known = true
		}
	}
	if !known {
		return "", errors.New("nobody remembers what was measured")
	}

	file := filepath.Join(b.folder, name+".pprof")
	p, err := b.startProgram(ctx, program, s.database, append([]string{profileVariable + "=" + file}, s.settings...)...)
	if err != nil {
		return "", err
	}
	addresses := []string{p.address}
	for len(addresses) < s.replicas {
		other, err := b.startServer(ctx, s.database, s.settings...)
		if err != nil {
			return "", err
		}
		addresses = append(addresses, other.address)
	}
	how, err := b.look(ctx, p, s, addresses)
	if err != nil {
		return "", err
	}
	if err := p.endProfile(file); err != nil {
		return "", err
	}
	return profileText(ctx, target.What+": "+how, file)
}

// look lets the server do what the profile is to be of, and returns that in words.
func (b *bench) look(ctx context.Context, p *process, s scene, addresses []string) (how string, err error) {
	switch {
	case s.begins:
		return "a server starts on a database that exists, until its first answer.", nil
	case s.play == nil:
		idle(ctx, b.plan.profile)
		return "a server that nobody asks anything.", ctx.Err()
	}
	if err := s.play(ctx, addresses, b.plan.profile/4); err != nil { // until it has warmed up
		return "", err
	}
	if err := beginProfile(p.pid()); err != nil {
		return "", err
	}
	how = fmt.Sprintf("%v of the load that the target is of.", b.plan.profile)
	if s.replicas > 1 {
		how += fmt.Sprintf(" One of %d replicas.", s.replicas)
	}
	return how, s.play(ctx, addresses, b.plan.profile)
}

// endProfile has the server write its profile, and returns when it has.
func (p *process) endProfile(file string) error {
	if err := endProfile(p.pid()); err != nil {
		return err
	}
	late := time.After(startTimeout)
	for tick := time.Tick(time.Millisecond); ; <-tick {
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		select {
		case <-p.ended:
			return errors.New("the server ended without a profile")
		case <-late:
			return errors.New("the server has written no profile")
		default:
		}
	}
}
