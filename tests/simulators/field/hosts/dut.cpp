// SPDX-License-Identifier: MIT
// The model as a module of Python's.
#include <Python.h>

#include "bench.h"

static PyObject *open_model(PyObject *, PyObject *)
{
    bench_open();
    Py_RETURN_NONE;
}

static PyObject *step(PyObject *, PyObject *argument)
{
    return PyLong_FromUnsignedLong(bench_step(static_cast<unsigned>(PyLong_AsUnsignedLong(argument))));
}

static PyObject *close_model(PyObject *, PyObject *)
{
    bench_close();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"open", open_model, METH_NOARGS, "makes the model"},
    {"step", step, METH_O, "one eval"},
    {"close", close_model, METH_NOARGS, "deletes it"},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "dut", "a model", -1, methods, nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit_dut()
{
    return PyModule_Create(&module);
}
