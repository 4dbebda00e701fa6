//go:build !linux

package main

import "time"

// preciseSleep returns time.Sleep, which is late by up to a millisecond on some systems.
func preciseSleep() (sleep func(time.Duration), stop func()) { return time.Sleep, func() {} }
