/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/ostler.h
 * Everything a program that calls or serves needs. Modules include <ostler/endpoint.h>, <ostler/driver.h> and their
 * like instead.
 */
#ifndef OSTLER_OSTLER_H
#define OSTLER_OSTLER_H

#include <ostler/client.h>
#include <ostler/clock.h>
#include <ostler/conf.h>
#include <ostler/error.h>
#include <ostler/json.h>
#include <ostler/listener.h>
#include <ostler/log.h>
#include <ostler/notifier.h>
#include <ostler/server.h>
#include <ostler/target.h>
#include <ostler/transport.h>
#include <ostler/url.h>
#include <ostler/version.h>

#endif
