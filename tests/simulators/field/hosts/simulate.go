// SPDX-License-Identifier: MIT

// A testbench in Go: goroutines on small stacks that make garbage, that the runtime interrupts by signals, and an end by
// system calls of its own: simulate EVALS ok|exit|panic|kill GOROUTINES.
package main

// void bench_open(void);
// unsigned bench_step(unsigned d);
// void bench_close(void);
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

var sink []byte

func makeGarbage() {
	for {
		sink = make([]byte, 4096)
		time.Sleep(time.Millisecond)
	}
}

func count() {
	for n := 0; ; n++ {
		if n%1000 == 0 {
			runtime.Gosched()
		}
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	evals := number(os.Args[1])
	for i := number(os.Args[3]); i > 0; i-- {
		go makeGarbage()
	}
	go count()
	C.bench_open()
	var q C.uint
	for n := 0; n < evals; n++ {
		q = C.bench_step(C.uint(n))
		if n%2000 == 0 {
			runtime.GC()
		}
	}
	fmt.Printf("%d evals, q=%d\n", evals, uint32(q))
	switch os.Args[2] {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("the model is wrong")
	case "kill":
		syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	}
	C.bench_close()
}
