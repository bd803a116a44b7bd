// SPDX-License-Identifier: MIT
// A testbench in a virtual machine whose other threads make garbage, and run into null pointers, which the machine
// learns of by SIGSEGV: Simulate LIBRARY EVALS ok|exit|throw|kill THREADS.
public class Simulate {
    static native void open();
    static native int step(int d);
    static native void close();

    static volatile Object sink;

    static int length(Object object) {
        try {
            return object.hashCode();
        } catch (NullPointerException missing) {
            return -1;
        }
    }

    static void makeGarbage() {
        try {
            for (int n = 0;; n++) {
                sink = new byte[4096];
                length(n % 7 == 0 ? null : sink);
                Thread.sleep(1);
            }
        } catch (InterruptedException end) {
        }
    }

    public static void main(String[] arguments) throws Exception {
        int evals = Integer.parseInt(arguments[1]), q = 0;
        System.load(arguments[0]);
        for (int i = Integer.parseInt(arguments[3]); i > 0; i--) {
            Thread thread = new Thread(Simulate::makeGarbage);
            thread.setDaemon(true);
            thread.start();
        }
        open();
        for (int n = 0; n < evals; n++) {
            q = step(n);
            length(n % 50 == 0 ? null : "");
            if (n % 2000 == 0)
                System.gc();
        }
        System.out.println(evals + " evals, q=" + q);
        switch (arguments[2]) {
        case "exit":
            System.exit(3);
        case "throw":
            throw new IllegalStateException("the model is wrong");
        case "kill":
            long self = ProcessHandle.current().pid();
            new ProcessBuilder("kill", "-KILL", Long.toString(self)).start().waitFor();
        default:
            close();
        }
    }
}
